//! Builds for hosts with an accelerator beside those for every host, and what a release asks of a host.

use serde_json::Value;

use crate::fixture::*;

const BOTH: &str = r#"requires: {glibc: "2.28", systemd: "247"}
components:
  - {name: llm, need: optional}
  - name: llm-cuda
    need: optional
    alternative: {instead_of: llm, accelerator: cuda, driver: "525.60.13", memory_bytes: 8000000000}
"#;
const FILES: &str = r#"files:
  - {from: "${inputs}/llm", to: bin/llm, role: program, component: llm}
  - {from: "${inputs}/llm-cuda", to: bin/llm, role: program, component: llm-cuda}
"#;

fn with_both_builds() -> Fixture {
    let fixture = Fixture::new();
    fixture.put("inputs/llm", b"for the processor");
    fixture.put("inputs/llm-cuda", b"for the GPU");
    fixture.edit("bundle.yaml", "components:\n", BOTH);
    fixture.edit("bundle.yaml", "files:\n", FILES);
    fixture
}

#[test]
fn two_builds_of_one_program_stand_at_one_path_and_the_needs_in_the_manifest() {
    let fixture = with_both_builds();
    stdout(&fixture.build("out", &[]));
    stdout(&fixture.verify("out"));
    let first = volumes(&fixture.path("out"))[0].display().to_string();
    let inspected = stdout(&fixture.run(&["inspect", &first, "--json"]));
    let manifest = serde_json::from_str::<Value>(&inspected).unwrap()["manifest"].take();
    let placed: Vec<&Value> = manifest["placements"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|placement| placement["path"] == "bin/llm")
        .map(|placement| &placement["component"])
        .collect();
    assert_eq!(placed, ["llm", "llm-cuda"]);
    let expected = serde_json::json!([{
        "component": "llm-cuda",
        "instead_of": "llm",
        "accelerator": "cuda",
        "driver": "525.60.13",
        "memory_bytes": 8_000_000_000_u64,
    }]);
    assert_eq!(manifest["alternatives"], expected);
    assert_eq!(manifest["requires"], serde_json::json!({"glibc": "2.28", "systemd": "247"}));
}

#[test]
fn two_programs_at_one_path_that_are_no_builds_of_each_other_are_refused() {
    let fixture = with_both_builds();
    fixture.edit("bundle.yaml", "instead_of: llm,", "instead_of: model,");
    let (code, words) = failure(&fixture.build("out", &[]));
    assert_eq!(code, 1, "{words}");
    assert!(words.contains("bin/llm is listed twice"), "{words}");
}

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

/// The newest of this test's own versions of glibc, as binutils tells them.
fn glibc_of_this_test() -> String {
    let this = std::env::current_exe().unwrap();
    let told = std::process::Command::new("objdump").arg("-p").arg(this).output().unwrap();
    let text = String::from_utf8(told.stdout).unwrap();
    let numbers = |version: &str| -> Vec<u32> {
        version.split('.').filter_map(|part| part.parse().ok()).collect()
    };
    let versions = text.split_whitespace().filter_map(|word| word.strip_prefix("GLIBC_"));
    versions.max_by_key(|version| numbers(version)).unwrap().to_owned()
}

fn with_a_real_program() -> Fixture {
    let fixture = with_both_builds();
    let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    fixture.put("inputs/llm", &this);
    fixture
}

fn stated_need(fixture: &Fixture) -> Value {
    let first = volumes(&fixture.path("out"))[0].display().to_string();
    let inspected = stdout(&fixture.run(&["inspect", &first, "--json"]));
    serde_json::from_str::<Value>(&inspected).unwrap()["manifest"]["requires"]["glibc"].take()
}

#[test]
fn the_c_library_that_is_needed_is_read_from_the_programs() {
    let fixture = with_a_real_program();
    fixture.edit("bundle.yaml", "glibc: \"2.28\", ", "");
    stdout(&fixture.build("out", &[]));
    assert_eq!(stated_need(&fixture), glibc_of_this_test());
}

#[test]
fn a_stated_c_library_may_be_newer_and_not_older_than_needed() {
    let fixture = with_a_real_program();
    fixture.edit("bundle.yaml", "glibc: \"2.28\"", "glibc: \"2.99\"");
    stdout(&fixture.build("out", &[]));
    assert_eq!(stated_need(&fixture), "2.99");
    fixture.edit("bundle.yaml", "glibc: \"2.99\"", "glibc: \"2.3.4\"");
    let (code, words) = failure(&fixture.build("older", &[]));
    assert_eq!(code, 1, "{words}");
    let needs = format!("bin/llm needs glibc {}", glibc_of_this_test());
    assert!(words.contains("says 2.3.4") && words.contains(&needs), "{words}");
}

#[test]
fn a_library_that_is_carried_is_not_asked_of_the_host() {
    let fixture = with_a_real_program();
    let carried = "files:\n  - {from: \"${inputs}/libc\", to: lib/libc.so.6, role: library, component: base}\n  - {from: \"${inputs}/libc\", to: lib/libm.so.6, role: library, component: base}\n  - {from: \"${inputs}/libc\", to: lib/ld-linux-x86-64.so.2, role: library, component: base}\n";
    fixture.put("inputs/libc", b"it needs nothing itself");
    fixture.edit("bundle.yaml", "files:\n", carried);
    fixture.edit("bundle.yaml", "glibc: \"2.28\", ", "");
    stdout(&fixture.build("out", &[]));
    assert_eq!(stated_need(&fixture), Value::Null);
}

#[test]
fn two_programs_at_one_path_that_are_no_builds_of_each_other_are_refused() {
    let fixture = with_both_builds();
    fixture.edit("bundle.yaml", "instead_of: llm,", "instead_of: model,");
    let (code, words) = failure(&fixture.build("out", &[]));
    assert_eq!(code, 1, "{words}");
    assert!(words.contains("bin/llm is listed twice"), "{words}");
}

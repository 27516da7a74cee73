//! The memory plan.

use crate::tests::engine::model_path;
use crate::{Error, ModelFacts, plan_memory, read_facts};

/// SmolLM2-135M: 30 layers, 3 key-value heads of 64 numbers, as its model card says.
fn smollm2() -> ModelFacts {
    ModelFacts {
        architecture: "llama".to_owned(),
        layers: 30,
        kv_heads: 3,
        key_length: 64,
        value_length: 64,
        context_tokens: 8192,
        file_bytes: 98_362_432,
    }
}

#[test]
fn facts_of_the_real_file_are_those_of_its_model_card() {
    assert_eq!(read_facts(&model_path()).unwrap(), smollm2());
}

#[test]
fn a_plan_that_does_not_fit_is_refused_with_the_slots_that_would() {
    // 30 layers x 3 heads x 128 numbers x 2 bytes = 23,040 bytes a token; 8192 tokens = 180 MiB.
    let facts = smollm2();
    assert_eq!(facts.kv_bytes_per_token(), 23_040);
    let fits = plan_memory(&facts, 4, 8192, 2 << 30).unwrap();
    assert_eq!(fits.kv_bytes, 4 * 8192 * 23_040);
    // 93 weights + 192 working + 4 x 180 = 1005 MiB do not fit into 700; two slots do.
    let refused = plan_memory(&facts, 4, 8192, 700 << 20).unwrap_err();
    let Error::Memory { needed_mib, available_mib, advice, .. } = refused else { panic!() };
    assert_eq!((needed_mib, available_mib), (1005, 700));
    assert!(advice.contains("llm.local.slots to 2"), "{advice}");
    let hopeless = plan_memory(&facts, 4, 8192, 100 << 20).unwrap_err().to_string();
    assert!(hopeless.contains("smaller model"), "{hopeless}");
}

#[test]
fn a_file_that_is_no_model_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.gguf");
    for content in [&b""[..], b"GGUF", b"not a model at all, but long enough to look like a header"]
    {
        std::fs::write(&path, content).unwrap();
        let error = read_facts(&path).unwrap_err().to_string();
        assert!(error.contains("broken.gguf"), "{error}");
    }
    assert!(matches!(read_facts(&folder.path().join("absent")), Err(Error::BadModel { .. })));
}

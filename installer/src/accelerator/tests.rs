//! Which build is chosen on which host, and the words that say why.

use cg_bundle_format::{Component, Limits};

use super::*;
use crate::facts::Card;
use crate::plan::tests::manifest;

/// A release with both builds of the model server.
fn release() -> Manifest {
    let mut manifest = manifest();
    for name in ["llm", "llm-cuda"] {
        manifest.components.push(Component {
            name: name.to_owned(),
            need: Need::Optional,
            summary: String::new(),
        });
    }
    manifest.alternatives.push(Alternative {
        component: "llm-cuda".to_owned(),
        instead_of: "llm".to_owned(),
        accelerator: "cuda".to_owned(),
        driver: "525.60.13".to_owned(),
        memory_bytes: 8_000_000_000,
    });
    manifest.check(&Limits::default()).unwrap();
    manifest
}

fn gpu() -> Gpu {
    Gpu {
        on_bus: 1,
        driver: Some("535.183.01".to_owned()),
        has_library: true,
        cards: vec![Card { name: "NVIDIA L4".to_owned(), memory_bytes: 23_034 << 20 }],
    }
}

/// The chosen build and the reason.
fn chosen(gpu: &Gpu, without: &[&str], wish: Wish) -> (Vec<&'static str>, String) {
    let without: Vec<String> = without.iter().map(|name| (*name).to_owned()).collect();
    let (selection, chosen) = select(&release(), &without, gpu, wish).unwrap();
    let has = ["llm", "llm-cuda"].into_iter().filter(|name| selection.has(name)).collect();
    (has, chosen.first().map(|chosen| chosen.reason.clone()).unwrap_or_default())
}

#[test]
fn a_gpu_that_serves_is_used_and_named() {
    let (has, reason) = chosen(&gpu(), &[], Wish::ByHost);
    assert_eq!(has, ["llm-cuda"]);
    assert_eq!(reason, "NVIDIA L4 with 22.4 GiB, driver 535.183.01");
    // Where the tool that tells the memory is missing, the driver's word is enough.
    let mut blind = gpu();
    blind.cards[0].memory_bytes = 0;
    assert_eq!(chosen(&blind, &[], Wish::ByHost).0, ["llm-cuda"]);
}

#[test]
fn every_other_host_gets_the_build_for_the_processor_and_is_told_why() {
    type Bend = fn(&mut Gpu);
    let cases: [(Bend, &str); 6] = [
        (|gpu| *gpu = Gpu::default(), "has no NVIDIA GPU"),
        (|gpu| (gpu.driver, gpu.cards) = (None, Vec::new()), "its driver is not loaded"),
        (|gpu| gpu.cards.clear(), "it offers no GPU"),
        (|gpu| gpu.has_library = false, "libcuda.so.1 is missing"),
        (|gpu| gpu.driver = Some("470.256.02".to_owned()), "470.256.02 is too old, 525.60.13"),
        (|gpu| gpu.cards[0].memory_bytes = 4 << 30, "7.4 GiB of memory that the build needs"),
    ];
    for (bend, words) in cases {
        let mut bent = gpu();
        bend(&mut bent);
        let (has, reason) = chosen(&bent, &[], Wish::ByHost);
        assert_eq!(has, ["llm"], "{words}");
        assert!(reason.contains(words), "expected {words:?} in {reason:?}");
    }
    let (has, reason) = chosen(&gpu(), &[], Wish::None);
    assert_eq!((has, reason.as_str()), (vec!["llm"], "the operator wants no accelerator"));
}

#[test]
fn what_is_left_out_stays_out() {
    assert_eq!(chosen(&gpu(), &["llm"], Wish::ByHost).0, Vec::<&str>::new());
    assert_eq!(chosen(&gpu(), &["llm-cuda"], Wish::ByHost).0, ["llm"]);
}

#[test]
fn an_accelerator_of_a_later_time_is_not_chosen() {
    let mut manifest = release();
    manifest.alternatives[0].accelerator = "npu-9".to_owned();
    let (selection, chosen) = select(&manifest, &[], &gpu(), Wish::ByHost).unwrap();
    assert!(selection.has("llm") && !selection.has("llm-cuda"));
    assert!(chosen[0].reason.contains("npu-9"));
}

//! The devices of a GPU are open to the model server exactly where the build for them is in use.

use std::fs;
use std::path::Path;

use codegraph_install::facts::{Card, Gpu};
use codegraph_install::host::HostPaths;
use codegraph_install::plan::{GateChoice, Intent};
use codegraph_install::progress::Talk;
use codegraph_install::uninstall::{self, Extent};
use codegraph_install::{generation, rollback, units};

use crate::fixture::{Bundle, Recipe, bundle, two_builds};
use crate::services::{bring_on, host};

/// A host with a GPU and this driver.
pub(crate) fn gpu(driver: &str) -> Gpu {
    Gpu {
        on_bus: 1,
        driver: Some(driver.to_owned()),
        has_library: true,
        cards: vec![Card { name: "NVIDIA L4".to_owned(), memory_bytes: 24_000_000_000 }],
    }
}

/// Releases that have both builds of the model server.
pub(crate) fn releases(folder: &Path) -> [Bundle; 2] {
    [("1.0.0", 7), ("1.0.1", 8)].map(|(version, counter)| {
        let recipe = Recipe { version, counter, bend: two_builds, ..Recipe::default() };
        bundle(&folder.join(version), &recipe)
    })
}

#[test]
fn the_devices_are_open_exactly_where_the_build_for_them_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("host");
    let paths = HostPaths::rehearsal(&root);
    let drop_in = root.join("etc/systemd/system/codegraph-llm.service.d/gpu.conf");
    let [first, second] = releases(folder.path());
    let kind = |number| generation::accelerator(&paths, &paths.generation(number));

    let came = host("");
    bring_on(&came, folder.path(), &first, Intent::Install, &gpu("535.183.01")).unwrap();
    let text = fs::read_to_string(&drop_in).unwrap();
    assert_eq!(text, include_str!("../../../systemd/codegraph-llm.gpu.conf"));
    assert_eq!(kind(1).as_deref(), Some("cuda"));
    // systemd reads it before the service starts.
    let log = came.log();
    let after = log.iter().position(|step| step.ends_with("codegraph-llm.service.d/gpu.conf"));
    let after = &log[after.unwrap()..];
    let reload = after.iter().position(|step| step == "run systemctl daemon-reload").unwrap();
    let start = after.iter().position(|step| step.ends_with("restart codegraph-llm.service"));
    assert!(reload < start.unwrap());

    // What the site has laid beside it is not ours.
    let of_site = drop_in.with_file_name("site.conf");
    fs::write(&of_site, "[Service]\nNice=5\n").unwrap();

    // A release that fails on the way to the processor's build, and one that arrives.
    let fails = host("2/bin/codegraph gate");
    bring_on(&fails, folder.path(), &second, Intent::Upgrade, &gpu("470.256.02")).unwrap_err();
    assert!(drop_in.is_file());
    bring_on(&host(""), folder.path(), &second, Intent::Upgrade, &gpu("470.256.02")).unwrap();
    assert!(!drop_in.exists() && of_site.is_file());
    assert_eq!(kind(2), None);

    let way = rollback::way(&paths, Some(1)).unwrap();
    rollback::run(&host(""), &paths, &way, None, GateChoice::Run, Talk::Silent).unwrap();
    assert_eq!(fs::read_to_string(&drop_in).unwrap(), text);

    uninstall::uninstall(&host(""), &paths, Extent::Product).unwrap();
    assert!(!drop_in.exists() && of_site.is_file());
}

#[test]
fn a_host_without_a_gpu_opens_no_device() {
    let folder = tempfile::tempdir().unwrap();
    let paths = HostPaths::rehearsal(&folder.path().join("host"));
    let [first, _] = releases(folder.path());
    bring_on(&host(""), folder.path(), &first, Intent::Install, &Gpu::default()).unwrap();
    assert!(!units::gpu_drop_in(&paths).exists());
    assert!(!units::gpu_drop_in(&paths).parent().unwrap().exists());
}

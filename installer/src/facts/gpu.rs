//! Graphics processors that models can run on, and what stands in the way.

use std::fs;
use std::time::Duration;

use serde::Serialize;

use super::machine::read;
use crate::host::{Host, HostPaths, Program};

/// The vendor's number on the PCI bus.
const NVIDIA: &str = "0x10de";
/// PCI classes of display controllers begin so.
const DISPLAY: &str = "0x03";
/// Devices looked at.
const MAX_DEVICES: usize = 4096;
/// Longest time for the vendor's tool; with many processors it takes seconds.
const TOOL_LIMIT: Duration = Duration::from_secs(60);
/// Where the library lies that programs load; the driver brings it.
const LIBRARY: [&str; 6] = [
    "/usr/lib/x86_64-linux-gnu/libcuda.so.1",
    "/usr/lib/x86_64-linux-gnu/nvidia/current/libcuda.so.1",
    "/lib/x86_64-linux-gnu/libcuda.so.1",
    "/usr/lib64/libcuda.so.1",
    "/usr/lib64/nvidia/libcuda.so.1",
    "/usr/lib/libcuda.so.1",
];

/// What the host has of graphics processors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gpu {
    /// NVIDIA processors that the PCI bus shows, with or without a driver.
    pub on_bus: u64,
    /// Version of the NVIDIA driver that the kernel has loaded.
    pub driver: Option<String>,
    /// Whether the driver's library for programs is there.
    pub has_library: bool,
    /// The processors that the driver offers.
    pub cards: Vec<Card>,
}

/// A graphics processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Its name, as `NVIDIA L4`.
    pub name: String,
    /// Its memory; 0 where it cannot be told.
    pub memory_bytes: u64,
}

/// Looks at the bus, the driver and the vendor's tool.
pub(super) fn look(host: &dyn Host, paths: &HostPaths) -> Gpu {
    let driver = driver_version(&read(&paths.machine("/proc/driver/nvidia/version")));
    let mut cards = Vec::new();
    if driver.is_some() {
        cards = asked(host, paths);
        if cards.is_empty() {
            cards = named(paths);
        }
    }
    Gpu {
        on_bus: on_bus(paths),
        driver,
        has_library: LIBRARY.iter().any(|place| paths.machine(place).exists()),
        cards,
    }
}

fn on_bus(paths: &HostPaths) -> u64 {
    let Ok(devices) = fs::read_dir(paths.machine("/sys/bus/pci/devices")) else { return 0 };
    let is_one = |folder: &std::path::Path| {
        read(&folder.join("vendor")).trim() == NVIDIA
            && read(&folder.join("class")).starts_with(DISPLAY)
    };
    devices.take(MAX_DEVICES).flatten().filter(|device| is_one(&device.path())).count() as u64
}

/// `NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May …` → `535.183.01`.
fn driver_version(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("NVRM version:"))?;
    let is_version = |word: &&str| {
        word.contains('.') && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    line.split_whitespace().find(is_version).map(str::to_owned)
}

/// Names and memory by the vendor's tool.
fn asked(host: &dyn Host, paths: &HostPaths) -> Vec<Card> {
    let program = Program::new(paths.machine_tool("nvidia-smi"), TOOL_LIMIT)
        .with(["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]);
    match host.run(&program) {
        Ok(outcome) if outcome.is_good() => outcome.stdout.lines().filter_map(card).collect(),
        _ => Vec::new(),
    }
}

/// `NVIDIA L4, 23034`: name, MiB.
fn card(line: &str) -> Option<Card> {
    let (name, memory) = line.rsplit_once(',')?;
    let mebibytes: u64 = memory.trim().parse().ok()?;
    Some(Card { name: name.trim().to_owned(), memory_bytes: mebibytes.saturating_mul(1 << 20) })
}

/// Names alone, by the kernel, where the tool is missing.
fn named(paths: &HostPaths) -> Vec<Card> {
    let Ok(folders) = fs::read_dir(paths.machine("/proc/driver/nvidia/gpus")) else {
        return Vec::new();
    };
    let mut names: Vec<String> = folders
        .take(MAX_DEVICES)
        .flatten()
        .filter_map(|folder| {
            let text = read(&folder.path().join("information"));
            let model = text.lines().find_map(|line| line.strip_prefix("Model:"))?;
            Some(model.trim().to_owned())
        })
        .collect();
    names.sort_unstable();
    names.into_iter().map(|name| Card { name, memory_bytes: 0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_of_both_kinds_tell_their_version() {
        let closed = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\nGCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n";
        let open = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (dvs-builder@U16)  Thu Jan 23\n";
        assert_eq!(driver_version(closed).as_deref(), Some("535.183.01"));
        assert_eq!(driver_version(open).as_deref(), Some("570.86.15"));
        assert_eq!(driver_version("GCC version: 12.2.0"), None);
    }

    #[test]
    fn cards_are_read_from_the_tools_table() {
        let l4 = Card { name: "NVIDIA L4".to_owned(), memory_bytes: 23_034 << 20 };
        assert_eq!(card("NVIDIA L4, 23034"), Some(l4));
        assert_eq!(card("No devices were found"), None);
    }
}

//! How much memory this process may use: what the machine has free, or less where a control group
//! limits it.

use std::path::Path;

/// Bytes that may still be used.
pub(crate) fn available_bytes() -> u64 {
    // Hardened units hide /proc/meminfo; the size of the machine is known all the same.
    let machine = read("/proc/meminfo").and_then(|text| meminfo(&text)).unwrap_or_else(total_bytes);
    let group = read("/proc/self/cgroup").and_then(|text| group_left(&text)).unwrap_or(u64::MAX);
    machine.min(group)
}

fn total_bytes() -> u64 {
    let info = rustix::system::sysinfo();
    info.totalram.saturating_mul(u64::from(info.mem_unit))
}

/// `MemAvailable` of `/proc/meminfo`.
pub(crate) fn meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// What the control groups (version 2) of this process leave; the tightest one counts.
fn group_left(own: &str) -> Option<u64> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mut left: Option<u64> = None;
    for group in Path::new(path.trim_start_matches('/')).ancestors() {
        let folder = Path::new("/sys/fs/cgroup").join(group);
        let number = |name: &str| -> Option<u64> {
            std::fs::read_to_string(folder.join(name)).ok()?.trim().parse().ok()
        };
        // "max" is no number: no limit here.
        if let (Some(limit), Some(used)) = (number("memory.max"), number("memory.current")) {
            let here = limit.saturating_sub(used);
            left = Some(left.map_or(here, |l| l.min(here)));
        }
    }
    left
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

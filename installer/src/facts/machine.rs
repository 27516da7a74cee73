//! The machine, as the kernel tells of it in `/proc`, `/sys` and `/run`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use super::{Machine, gpu, libc};
use crate::host::{Host, HostPaths, Program};

/// TCP state "listening" in the kernel's tables.
const LISTEN: &str = "0A";
/// Which field of a line of those tables is the number of the socket's file.
const INODE: usize = 9;
/// Bytes of a kernel table that are looked at.
const MAX_TABLE: u64 = 16 << 20;
/// Longest time for a tool to tell its version.
const TOOL_LIMIT: Duration = Duration::from_secs(30);

/// Looks at the machine; what cannot be read is left empty and the table says what is missing.
pub(super) fn look(host: &dyn Host, paths: &HostPaths) -> Machine {
    let name = rustix::system::uname();
    let read = |path: &str| read(&paths.machine(path));
    let first_word = |path: &str| read(path).trim().to_owned();
    let or = |told: String, own: &std::ffi::CStr| {
        if told.is_empty() { own.to_string_lossy().into_owned() } else { told }
    };
    let cpuinfo = read("/proc/cpuinfo");
    Machine {
        arch: or(first_word("/proc/sys/kernel/arch"), name.machine()),
        cpu_features: cpu_features(&cpuinfo),
        cpus: cpuinfo.lines().filter(|line| line.starts_with("processor")).count() as u64,
        memory_bytes: memory_bytes(&read("/proc/meminfo")),
        kernel: or(first_word("/proc/sys/kernel/osrelease"), name.release()),
        systemd: systemd(host, paths),
        glibc: libc::version(paths),
        has_cgroup2: paths.machine("/sys/fs/cgroup/cgroup.controllers").exists(),
        podman: tool(host, paths, "podman").and_then(|text| podman_version(&text)),
        security_modules: words(&read("/sys/kernel/security/lsm")),
        selinux_enforces: first_word("/sys/fs/selinux/enforce") == "1",
        gpu: gpu::look(host, paths),
        ports_in_use: listening_sockets(paths).into_values().collect(),
        is_superuser: super::is_superuser(),
        clock: host.now(),
    }
}

/// A text of the kernel; empty where it cannot be read.
pub(super) fn read(path: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = fs::File::open(path) {
        // What could not be read to its end is told as far as it was read.
        let _ = file.take(MAX_TABLE).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a tool says of itself.
fn tool(host: &dyn Host, paths: &HostPaths, name: &str) -> Option<String> {
    let program = Program::new(paths.machine_tool(name), TOOL_LIMIT).with(["--version"]);
    let outcome = host.run(&program).ok()?;
    outcome.is_good().then_some(outcome.stdout)
}

fn cpu_features(text: &str) -> BTreeSet<String> {
    text.lines()
        .find_map(|line| line.strip_prefix("flags"))
        .and_then(|rest| rest.split_once(':'))
        .map(|(_, flags)| flags.split_whitespace().map(str::to_owned).collect())
        .unwrap_or_default()
}

fn memory_bytes(text: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.trim().strip_suffix("kB"))
        .and_then(|number| number.trim().parse::<u64>().ok())
        .map_or(0, |kibibytes| kibibytes.saturating_mul(1024))
}

/// `lockdown,capability,landlock` → its words.
fn words(list: &str) -> Option<BTreeSet<String>> {
    let list = list.trim();
    (!list.is_empty()).then(|| list.split(',').map(str::to_owned).collect())
}

/// Sockets that listen, by the number of the kernel's file for them.
pub(super) fn listening_sockets(paths: &HostPaths) -> BTreeMap<u64, u16> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    tables.iter().flat_map(|path| listening(&read(&paths.machine(path)))).collect()
}

/// Ports in a kernel table whose lines read `sl local_address rem_address st … inode …`. What has no number gets
/// its line's.
fn listening(table: &str) -> Vec<(u64, u16)> {
    let socket = |(at, line): (usize, &str)| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, port) = fields.get(1)?.rsplit_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        let inode = fields.get(INODE).and_then(|text| text.parse().ok());
        (*fields.get(3)? == LISTEN).then(|| (inode.unwrap_or(u64::MAX - at as u64), port))
    };
    table.lines().enumerate().skip(1).filter_map(socket).collect()
}

fn systemd(host: &dyn Host, paths: &HostPaths) -> Option<u32> {
    if !paths.machine("/run/systemd/system").is_dir() {
        return None;
    }
    systemd_version(&tool(host, paths, "systemctl")?)
}

/// `systemd 252 (252.38-1~deb12u1)` → 252.
fn systemd_version(text: &str) -> Option<u32> {
    text.split_whitespace().nth(1)?.parse().ok()
}

/// `podman version 4.3.1` → `4.3.1`.
fn podman_version(text: &str) -> Option<String> {
    text.trim().strip_prefix("podman version ").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        assert_eq!(memory_bytes("MemTotal:       16384256 kB\nMemFree: 1 kB\n"), 16_777_478_144);
        let cpu = "processor\t: 0\nflags\t\t: fpu avx2 fma f16c\nbugs\t\t:\n";
        assert!(["avx2", "fma", "f16c"].iter().all(|name| cpu_features(cpu).contains(*name)));
        let table = "  sl  local_address rem_address   st tx_queue\n   \
                     0: 0100007F:1F40 00000000:0000 0A 00000000:00000000\n   \
                     1: 0100007F:0016 0100007F:D431 01 00000000:00000000\n";
        let ports: Vec<u16> = listening(table).into_iter().map(|(_, port)| port).collect();
        assert_eq!(ports, [8000]);
        let whole = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 00000000:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41537 1 0\n";
        assert_eq!(listening(whole), [(41_537, 5000)]);
        assert_eq!(systemd_version("systemd 252 (252.38-1~deb12u1)\n+PAM"), Some(252));
        assert_eq!(podman_version("podman version 4.3.1\n").as_deref(), Some("4.3.1"));
        assert_eq!(words("\n"), None);
    }
}

//! The machine, as the kernel tells of it in `/proc` and `/run`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::Machine;
use crate::host::{Host, Program};

/// TCP state "listening" in the kernel's tables.
const LISTEN: &str = "0A";

/// Looks at the machine; what cannot be read is left empty and the plan says what is missing.
pub(super) fn look(host: &dyn Host) -> Machine {
    let name = rustix::system::uname();
    Machine {
        arch: name.machine().to_string_lossy().into_owned(),
        cpu_features: cpu_features(&read("/proc/cpuinfo")),
        memory_bytes: memory_bytes(&read("/proc/meminfo")),
        kernel: name.release().to_string_lossy().into_owned(),
        systemd: systemd(host),
        ports_in_use: ["/proc/net/tcp", "/proc/net/tcp6"]
            .iter()
            .flat_map(|path| listening(&read(path)))
            .collect(),
        is_superuser: rustix::process::geteuid().is_root(),
        clock: host.now(),
    }
}

fn read(path: &str) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
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

/// Ports in a kernel table whose lines read `sl local_address rem_address st …`.
fn listening(table: &str) -> BTreeSet<u16> {
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split_whitespace().skip(1);
            let local = fields.next()?;
            let state = fields.nth(1)?;
            let (_, port) = local.rsplit_once(':')?;
            (state == LISTEN).then(|| u16::from_str_radix(port, 16).ok())?
        })
        .collect()
}

fn systemd(host: &dyn Host) -> Option<u32> {
    if !Path::new("/run/systemd/system").is_dir() {
        return None;
    }
    let outcome =
        host.run(&Program::new("systemctl", Duration::from_secs(10)).with(["--version"])).ok()?;
    systemd_version(&outcome.stdout)
}

/// `systemd 252 (252.38-1~deb12u1)` → 252.
fn systemd_version(text: &str) -> Option<u32> {
    text.split_whitespace().nth(1)?.parse().ok()
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
        assert_eq!(listening(table), BTreeSet::from([8000]));
        assert_eq!(systemd_version("systemd 252 (252.38-1~deb12u1)\n+PAM"), Some(252));
    }
}

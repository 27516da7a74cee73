//! A machine made of files: what the kernel and the tools of a host would tell.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder that stands for a machine's `/proc`, `/sys`, `/run`, `/lib` and tools.
pub(crate) struct Machine {
    folder: TempDir,
}

impl Machine {
    /// A server that fits: eight processors, 32 GiB, Debian 12.
    pub(crate) fn fitting() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        let cpu = "flags\t\t: fpu sse4_2 avx avx2 fma f16c\n";
        let cpus: String = (0..8).map(|n| format!("processor\t: {n}\n{cpu}\n")).collect();
        machine.file("proc/cpuinfo", &cpus);
        machine.file("proc/meminfo", "MemTotal:       32614148 kB\nMemFree:        1024 kB\n");
        machine.file("proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
        machine.file("proc/sys/kernel/arch", "x86_64\n");
        machine.file("proc/net/tcp", &listening(&[22]));
        machine.file("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
        machine.file("sys/kernel/security/lsm", "lockdown,capability,landlock,yama,apparmor");
        machine.file("run/systemd/system/.keep", "");
        machine.file("lib/x86_64-linux-gnu/libc.so.6", "\0GLIBC_2.4\0GLIBC_2.36\0GLIBC_2.14\0");
        machine.tool("systemctl", "systemd 252 (252.38-1~deb12u1)");
        machine.tool("podman", "podman version 4.3.1");
        machine
    }

    /// The same with an NVIDIA L4 and this driver.
    pub(crate) fn with_gpu(driver: &str) -> Self {
        let machine = Self::fitting();
        machine.file(
            "proc/driver/nvidia/version",
            &format!("NVRM version: NVIDIA UNIX x86_64 Kernel Module  {driver}  Sun May 12 19:39:15 UTC 2024\n"),
        );
        machine.file("sys/bus/pci/devices/0000:31:00.0/vendor", "0x10de\n");
        machine.file("sys/bus/pci/devices/0000:31:00.0/class", "0x030200\n");
        machine.file("usr/lib/x86_64-linux-gnu/libcuda.so.1", "");
        machine.tool("nvidia-smi", "NVIDIA L4, 23034");
        machine
    }

    /// The option that makes the installer look here.
    pub(crate) fn option(&self) -> String {
        format!("--machine={}", self.folder.path().display())
    }

    pub(crate) fn file(&self, path: &str, text: &str) -> PathBuf {
        let place = self.folder.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, text).unwrap();
        place
    }

    /// Lets every user look.
    pub(crate) fn open(&self) {
        executable(self.folder.path());
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn remove(&self, path: &str) {
        let place = self.folder.path().join(path);
        if place.is_dir() { fs::remove_dir_all(place) } else { fs::remove_file(place) }.unwrap();
    }

    /// A tool that prints one line whatever it is asked.
    fn tool(&self, name: &str, line: &str) {
        let script = format!("#!/bin/sh\necho '{line}'\n");
        let place = self.file(&format!("usr/bin/{name}"), &script);
        executable(&place);
    }
}

fn executable(place: &Path) {
    fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A table of the kernel in which somebody listens on these ports.
pub(crate) fn listening(ports: &[u16]) -> String {
    let mut text = "  sl  local_address rem_address   st tx_queue rx_queue\n".to_owned();
    for (number, port) in ports.iter().enumerate() {
        text.push_str(&format!(
            "   {number}: 00000000:{port:04X} 00000000:0000 0A 00000000:00000000\n"
        ));
    }
    text
}

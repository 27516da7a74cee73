#!/usr/bin/env python3
"""A full disk in each phase of the installer's work, in the isolated machine.

What the installer writes lies on three small file systems there: /opt/codegraph, /var/lib/codegraph and
/var/lib/codegraph-install. In each phase one of them is filled up while the installer is at work: before it begins,
while blobs are stored, while the generation is written (no inodes), by the installer's records, the receipt, the snapshot,
the migration. Each time: the message names path, need and free; the former release is in use with its data, whole
and open; and once there is room the same command completes.

    full.py [--releases DIR]
"""
import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from power import RELEASES, TOP, Power  # noqa: E402
import machine  # noqa: E402

BYTES = r"\d+ bytes needed, \d+ bytes free; make room"
# Phase, step at which the disk is filled and how (none: before), command, exit code, message, release before, release
# in use afterwards. The last release that a command was to bring is in use when it was given again.
PHASES = [
    ("preflight", None, "fill /opt/codegraph 20", "install", 4,
     r"the file system of /opt/codegraph has \d+ bytes free .*, \d+ bytes are needed", None, None),
    ("ingest", "begin", "fill_product", "install", 1, rf"disk full: cannot \w+ /opt/codegraph/store/blobs/\S+: {BYTES}", None, None),
    ("generation", None, "fill_inodes", "upgrade r2", 1,
     r"disk full: cannot create /opt/codegraph/generations/\S+: one more file needed, 0 free \(inodes\)", "r1", "r1"),
    ("records", "generation.written", "fill_state", "upgrade r2", 1, rf"disk full: cannot \w+ /var/lib/codegraph-install/\S+: {BYTES}", "r1", "r1"),
    ("receipt", "gate.passed", "fill_state", "upgrade r2", 1, rf"disk full: cannot \w+ /var/lib/codegraph-install/\S+: {BYTES}", "r1", "r2"),
    ("snapshot", "pending", "fill_data", "upgrade r3", 1,
     rf"disk full: cannot write /var/lib/codegraph/backups/generation-2-before-3.db: {BYTES}", "r2", "r2"),
    ("migration", "state.snapshot", "fill_data", "upgrade slow-migration", 1,
     rf"disk full: cannot write /var/lib/codegraph/codegraph.db: {BYTES}", "r3", "r3"),
]
# What the last phases with each command bring when there is room.
COMPLETED = {"ingest": "r1", "receipt": "r2", "snapshot": "r3", "migration": "slow-migration"}


class Full(Power):
    def disks(self):
        """Without room for root alone, and with few inodes where they are to run out."""
        sizes = {"product": ("400M", "-N", "1024"), "data": ("250M",), "state": ("64M",)}
        images = []
        for name, (size, *options) in sizes.items():
            images.append(self.work / f"{name}.img")
            machine.file_system(None, images[-1], size, "-m", "0", *options)
        return images

    def begin(self):
        machine.root_disk(self.base, self.disk("bare"))
        vm = machine.Machine(self.base, self.work, self.disk("bare"), self.media, extra=self.disks())
        for device, folder in (("vdc", "/opt/codegraph"), ("vdd", "/var/lib/codegraph"), ("vde", "/var/lib/codegraph-install")):
            vm.must(f"mkdir -p {folder} && mount /dev/{device} {folder} && rmdir {folder}/lost+found")
        return vm

    def phase(self, vm, name, step, how, command, code, message, former, found):
        line = self.line(command)
        if step is None:
            vm.must(how)
            status, said = vm.do(line)
        else:
            vm.tell(f"at {step} {how} {line}")
            status, said = vm.end()
        assert status == code, f"ended with {status} instead of {code}:\n{said}"
        assert re.search(message, said), f"no match for {message} in:\n{said}"
        told = re.search(message, said).group(0)
        assert self.version(vm) == found, f"{self.version(vm)} is in use, not {found}"
        if former == found and found:
            self.good(vm, found, has_data=True)
        vm.must("make_room")
        if name in COMPLETED:
            vm.must(line)
            assert self.version(vm) == COMPLETED[name], f"after the second run {self.version(vm)} is in use"
            if name == "ingest":
                vm.must("ready")
                vm.must("cg admin create --username admin --generate")
                vm.must("cg index --name sample /media/bundle/sample")
                vm.must(f"fill_store {self.rows}")
                self.contents = vm.must("contents")
            self.good(vm, COMPLETED[name], has_data=True)
            left = vm.must("partials; ls -d /var/lib/codegraph/backups/reserve 2>/dev/null; true")
            assert not left, f"left: {left}"
        return told


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=Path)
    args = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="full.", dir=machine.CACHE))
    vm = None
    try:
        releases = args.releases or work / "releases"
        if not args.releases:
            subprocess.run([sys.executable, TOP / "tests/vm/releases.py", releases, *RELEASES], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        full = Full(releases, work, rows=20000)
        vm = full.begin()
        done = 0
        for name, *rest in PHASES:
            try:
                told = full.phase(vm, name, *rest)
            except AssertionError as problem:
                print(f"FAILED disk full in {name}: {problem}\n{vm.do('facts', 300)[1]}", flush=True)
                break
            done += 1
            print(f"  {name}: {told}", flush=True)
        print(f"disk full: {done} of {len(PHASES)} phases good")
        return 0 if done == len(PHASES) else 1
    finally:
        if vm:
            vm.cut()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

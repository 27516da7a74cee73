#!/usr/bin/env python3
"""Power cuts: the isolated machine loses its power in the middle of the installer's work.

One machine is prepared and its state kept at four points: nothing installed; the first release installed, with an
administrator, an indexed project and a store of ROWS jobs; the second release; the second release with litter in
the store. Each run goes on from one of them with a disk of its own, starts a command of the installer, waits until
the journal or the audit file shows the first step of the part that is aimed at, and kills the emulator after a
random part of that part's time, which was measured in a run that nobody disturbed.

Then the machine boots. What must hold: `codegraph-recover.service` settles; the old release or the new one is in use;
every file of it has its digest in the signed manifest (by sha256sum, against lists made from the volumes outside);
the server is ready and open for writing, a query finds its rows; users, projects, jobs are what they were, by
SHA-256. The same command given again completes, all of that holds again, no partial file is left and every blob
belongs to a generation.

    power.py --runs 20 [--seed N] [--releases DIR] [--only NAME,...] [--rows N]
"""
import argparse
import collections
import json
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import traceback
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/vm"))
import machine  # noqa: E402
from machine import Machine  # noqa: E402

MEDIA = "/media/bundle"
RELEASES = ("r1", "r2", "r3", "slow-migration")
# In the order in which they are seen; a part begins with a step or, where it was too quick to be seen, a later one.
STEPS = ("release.accepted", "begin", "chunk", "store.filled", "generation", "generation.written", "switch.begin", "pending",
         "snapshot", "state.snapshot", "state.migrated", "gate.passed", "proven", "switch.committed", "committed")
# Name, state, command, first and last step of the part (none: begin and end of the command), releases before and after.
SCENARIOS = {
    "ingest": ("bare", "install", None, "generation", None, "r1"),
    "first switch": ("bare", "install", "pending", None, None, "r1"),
    "switch": ("first", "upgrade r2", "pending", None, "r1", "r2"),
    "delta": ("second", "upgrade r3", None, None, "r2", "r3"),
    "migration": ("first", "upgrade slow-migration", "snapshot", "state.migrated", "r1", "slow-migration"),
    "rollback": ("second", "rollback", None, None, "r2", "r1"),
    "gc": ("litter", "gc --keep 1", None, None, "r2", "r2"),
}
SAMPLE_STATES = ("first", "second", "litter")


class Power:
    def __init__(self, releases, work, rows):
        self.work, self.rows = work, rows
        self.fingerprint = (releases / "fingerprint.txt").read_text().strip()
        self.base = machine.base("sqlite3")
        self.manifests = {}
        folder = work / "media"
        (folder / "sums").mkdir(parents=True)
        for name in RELEASES:
            self.add_release(releases, name, folder)
        shutil.copy(releases / "codegraph-install", folder)
        shutil.copytree(TOP / "tests/vm/sample", folder / "sample")
        self.media = work / "media.img"
        machine.media(folder, self.media)
        shutil.rmtree(folder)
        # Which step was seen after how many seconds, by state and command.
        self.steps, self.contents = {}, None

    def add_release(self, releases, name, folder):
        """The release, and a list of its files as `sha256sum --check` reads them."""
        shutil.copytree(releases / name, folder / name)
        volume = next((releases / name).glob("*.cgb"))
        with tarfile.open(volume) as tar:
            manifest = json.load(tar.extractfile("release.json"))
        self.manifests[name] = manifest
        lines = [f"{place['blob'].removeprefix('sha256:')}  {place['path']}\n" for place in manifest["placements"]]
        (folder / "sums" / manifest["version"]).write_text("".join(lines))

    def line(self, command):
        word, *rest = command.split()
        return {
            "install": f"$installer install --root-fingerprint {self.fingerprint} {MEDIA}/r1",
            "upgrade": f"$installer upgrade {MEDIA}/{rest[0] if rest else ''}",
        }.get(word, f"$installer {command}")

    # --- preparing -----------------------------------------------------------------------------

    def start(self, disk, state=None):
        return Machine(self.base, self.work, disk, self.media, self.work / f"{state}.state" if state else None)

    def timed(self, vm, state, command):
        """Runs a command to its end and keeps when each of its steps was seen."""
        seen, began = {}, time.monotonic()
        vm.tell(f"watched {self.line(command)}")
        while True:
            came = vm.lines(machine.LONG, lambda line: line.startswith(("step ", "=")))
            if came is None:
                raise machine.Gone(f"no end of {command}")
            if came[-1].startswith("="):
                said = "\n".join(line for line in came if line.startswith(" "))
                assert came[-1] == "=0", f"{command} ended with {came[-1]}\n{said}"
                break
            seen.setdefault(came[-1].removeprefix("step "), time.monotonic() - began)
        seen["end"] = time.monotonic() - began
        self.steps[state, command] = seen

    def keep(self, vm, state):
        vm.must("sync")
        vm.save(self.work / f"{state}.state")

    def disk(self, state):
        return self.work / f"{state}.qcow2"

    def go_on(self, state, of):
        machine.overlay(self.disk(of), self.disk(state))
        return self.start(self.disk(state), of)

    def prepare(self, names):
        """The states that the scenarios start from, and the times of their commands."""
        states = {SCENARIOS[name][0] for name in names}
        machine.root_disk(self.base, self.disk("bare"))
        vm = self.start(self.disk("bare"))
        self.keep(vm, "bare")
        vm = self.go_on("first", "bare")
        self.timed(vm, "bare", "install")
        if states != {"bare"}:
            vm.must("ready")
            vm.must("cg admin create --username admin --generate")
            vm.must(f"cg index --name sample {MEDIA}/sample")
            vm.must("query_has_rows")
            vm.must(f"fill_store {self.rows}")
            self.contents = vm.must("contents")
            self.keep(vm, "first")
        vm.cut()
        if states & {"second", "litter"} or "switch" in names:
            vm = self.go_on("second", "first")
            self.timed(vm, "first", "upgrade r2")
            self.keep(vm, "second")
        if "litter" in states:
            vm = self.go_on("litter", "second")
            vm.must("for n in $(seq 300); do f=$(echo nobody names blob $n | sha256sum | cut -d' ' -f1); "
                    "echo nobody names blob $n >/opt/codegraph/store/blobs/sha256/$f; done")
            self.keep(vm, "litter")
        for name in names:
            state, command = SCENARIOS[name][:2]
            if (state, command) not in self.steps:
                vm = self.go_on("trial", state)
                self.timed(vm, state, command)
                vm.cut()

    # --- one run -------------------------------------------------------------------------------

    def window(self, name):
        """Seconds from the first step of the part to its last."""
        state, command, first, last = SCENARIOS[name][:4]
        seen = self.steps[state, command]
        def at(step, otherwise):
            later = [seen[word] for word in STEPS[STEPS.index(step):] if word in seen] if step else []
            return later[0] if later else otherwise
        return max(at(last, seen["end"]) - at(first, 0.0), 0.2)

    def cut_power(self, name, seconds):
        """Starts the command and cuts; whether the command had ended before."""
        state, command, first = SCENARIOS[name][:3]
        vm = self.go_on("run", state)
        try:
            vm.tell(f"watched {self.line(command)}")
            wanted = STEPS[STEPS.index(first):] if first else ()
            came = ["step"]
            while first and came[-1].removeprefix("step ") not in wanted and not came[-1].startswith("="):
                came = vm.lines(machine.LONG, lambda line: line.startswith(("step ", "=")))
                if came is None:
                    raise machine.Gone(f"{first} was not seen")
            return vm.lines(seconds, lambda line: line.startswith("=")) is not None or came[-1].startswith("=")
        finally:
            vm.cut()

    def version(self, vm):
        said = vm.must("cat /opt/codegraph/current/release.json 2>/dev/null || echo none")
        return None if said == "none" else next(
            name for name, manifest in self.manifests.items() if manifest["version"] == json.loads(said)["version"])

    def good(self, vm, release, has_data):
        """A release is in use, whole and open, and answers."""
        vm.must(f"cd /opt/codegraph/current && sha256sum --quiet --check {MEDIA}/sums/{self.manifests[release]['version']}; s=$?; cd /; (exit $s)")
        vm.must("unit_active codegraph.service")
        vm.must("ready")
        vm.must("test ! -e /var/lib/codegraph/closed-for-writing")
        if has_data:
            vm.must("query_has_rows")
            found = vm.must("contents")
            assert found == self.contents, f"the contents of the store changed: {self.contents} was, {found} is"

    def check(self, name):
        state, command, _, _, former, wanted = SCENARIOS[name]
        vm = self.start(self.disk("run"))
        try:
            vm.must("settled")
            found = self.version(vm)
            assert found in (former, wanted), f"neither {former} nor {wanted}: {found}"
            has_data = state in SAMPLE_STATES
            if found:
                self.good(vm, found, has_data)
            if not (name == "rollback" and found == wanted):
                vm.must(self.line(command))
            assert self.version(vm) == wanted, f"after the second run: {self.version(vm)}"
            self.good(vm, wanted, has_data)
            left = vm.must("partials")
            assert not left, f"partial files: {left}"
            self.reachable(vm)
            if has_data:
                vm.must("cg audit verify")
            return "new" if found == wanted and former != wanted else "old" if found == former and found else "none"
        except Exception:
            try:
                print(vm.do("facts", 120)[1])
            except Exception:  # noqa: BLE001: it is the first failure that counts
                print("the machine tells no more; the console's end:", vm.log.read_text(errors="replace")[-3000:])
            raise
        finally:
            vm.cut()

    def reachable(self, vm):
        """What the store holds, and what the generations that are there name."""
        by_version = {manifest["version"]: manifest for manifest in self.manifests.values()}
        versions = vm.must("sed -sn 's/^  \"version\": \"\\(.*\\)\",$/\\1/p' /opt/codegraph/generations/*/release.json").split()
        named = {blob["digest"].removeprefix("sha256:") for version in versions for blob in by_version[version]["blobs"]}
        held = set(vm.must("ls /opt/codegraph/store/blobs/sha256").split())
        assert held <= named, f"{len(held - named)} blobs that no generation names"
        placed = {place["blob"].removeprefix("sha256:") for version in versions for place in by_version[version]["placements"]}
        assert placed <= held, f"{len(placed - held)} blobs are not in the store"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--releases", type=Path)
    parser.add_argument("--only", default=",".join(SCENARIOS))
    parser.add_argument("--rows", type=int, default=20000)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else int(time.time())
    dice = random.Random(seed)
    names = args.only.split(",")
    work = Path(tempfile.mkdtemp(prefix="power.", dir=machine.CACHE))
    try:
        releases = args.releases or work / "releases"
        if not args.releases:
            subprocess.run([sys.executable, TOP / "tests/vm/releases.py", releases, *RELEASES], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        power = Power(releases, work, args.rows)
        power.prepare(names)
        windows = {name: power.window(name) for name in names}
        print(f"power cuts: seed {seed}, {args.runs} runs; seconds to cut in: "
              + ", ".join(f"{name} {seconds:.1f}" for name, seconds in windows.items()), flush=True)
        ends, failures = collections.Counter(), 0
        for number in range(args.runs):
            name = names[number % len(names)]
            seconds = dice.uniform(0, windows[name])
            began = time.monotonic()
            try:
                has_ended = power.cut_power(name, seconds)
                found = power.check(name)
                ends[f"{name}, {'ended before' if has_ended else 'cut'}, {found}"] += 1
                print(f"  run {number}: {name} after {seconds:.2f} s: {found} ({time.monotonic() - began:.0f} s)", flush=True)
            except Exception as problem:  # noqa: BLE001: one bad run must not end the campaign
                failures += 1
                print(f"FAILED run {number}: {name} cut after {seconds:.2f} s: {problem}", flush=True)
                if not isinstance(problem, AssertionError):
                    traceback.print_exc()
        for end, count in sorted(ends.items()):
            print(f"  {count:4}  {end}")
        print(f"power cuts: {args.runs - failures} of {args.runs} runs good (seed {seed})")
        return 1 if failures else 0
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

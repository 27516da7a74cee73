#!/usr/bin/env python3
"""Crash campaign: kills the installer again and again, and looks at what is left.

Each run copies a prepared host (a folder, `--root`), starts one command of the installer on it, and kills
it with SIGKILL: either on entering its n-th call that changes the disk (by strace), or after a random time.
Every third time `recover` is killed as well.
Then: what `recover` leaves is the old release or the new one, every file of it by its digest in the signed
manifest; its own gate is passed; the users are there; the same command run again completes; no partial
file is left, and the store holds exactly what the kept generations name.

    campaign.py --runs 200 [--seed N] [--releases DIR] [--only install,upgrade,rollback,gc]
"""
import argparse
import collections
import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ["CODEGRAPH_CACHE"])
# Calls that change what lies on the disk.
CALLS = "pwrite64,write,fsync,fdatasync,ftruncate,rename,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,fchmodat"


class Campaign:
    def __init__(self, releases, work):
        self.releases, self.work = releases, work
        self.installer = releases / "codegraph-install"
        self.fingerprint = (releases / "fingerprint.txt").read_text().strip()

    def line(self, scenario, root):
        trust = ["--root-fingerprint", self.fingerprint]
        return [self.installer, *{
            "install": ["install", self.releases / "r1", *trust],
            "upgrade": ["upgrade", self.releases / "r2"],
            "rollback": ["rollback"],
            "gc": ["gc"],
            "recover": ["recover"],
        }[scenario], "--root", root]

    def run(self, *line):
        done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, line))} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def prepare(self):
        """One host for each scenario, as it is before the command."""
        hosts = {name: self.work / f"host-{name}" for name in ("install", "upgrade", "rollback", "gc")}
        hosts["install"].mkdir()
        first = hosts["upgrade"]
        self.run(*self.line("install", first))
        self.run(self.program(first), "admin", "create", "--username", "admin", "--generate", *self.places(first))
        copy(first, hosts["rollback"])
        self.run(*self.line("upgrade", hosts["rollback"]))
        copy(hosts["rollback"], hosts["gc"])
        self.litter(hosts["gc"])
        return hosts

    @staticmethod
    def litter(root):
        """What an interrupted run of an older installer could have left in the store: nobody names it."""
        for number in range(40):
            data = f"nobody names blob {number}\n".encode()
            path = root / "opt/codegraph/store/blobs/sha256" / hashlib.sha256(data).hexdigest()
            path.write_bytes(data)

    @staticmethod
    def program(root):
        return root / "opt/codegraph/current/bin/codegraph"

    @staticmethod
    def places(root):
        return ["--config", root / "etc/codegraph/config.yaml", "--data", root / "var/lib/codegraph"]

    def moments(self, scenario, host):
        """The calls of the first thread that change the disk, in a run that nobody disturbs: name and how
        often it was made by then (strace counts each kind of call by itself)."""
        root, log = self.work / "count", self.work / "count.log"
        copy(host, root)
        self.run("strace", "-qq", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", log, *self.line(scenario, root))
        shutil.rmtree(root)
        seen, moments = collections.Counter(), []
        for line in log.read_text().splitlines():
            call = line.split("(")[0]
            if call in CALLS.split(","):
                seen[call] += 1
                moments.append((call, seen[call]))
        return moments

    def kill_at_call(self, scenario, root, call, number):
        line = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                "-e", f"inject={call}:signal=KILL:when={number}", *self.line(scenario, root)]
        return subprocess.run(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode

    def kill_at_time(self, scenario, root, seconds):
        process = subprocess.Popen(self.line(scenario, root), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def check(self, scenario, root):
        """What must hold after the kill; then the command is given again."""
        former = {"install": None, "upgrade": "0.1.1", "rollback": "0.1.2", "gc": "0.1.2"}[scenario]
        wanted = {"install": "0.1.1", "upgrade": "0.1.2", "rollback": "0.1.1", "gc": "0.1.2"}[scenario]
        if (root / "var/lib/codegraph-install").exists():
            self.run(self.installer, "recover", "--root", root)
        found = self.version(root)
        assert found in (former, wanted), f"neither {former} nor {wanted}: {found}"
        if found:
            self.whole(root)
            self.answers(root)
        if not (scenario == "rollback" and found == wanted):
            self.run(*self.line(scenario, root))
        assert self.version(root) == wanted, f"after the second run: {self.version(root)}"
        self.whole(root)
        self.answers(root)
        if scenario != "install":
            users = sqlite3.connect(f"file:{root}/var/lib/codegraph/codegraph.db?mode=ro", uri=True)
            assert users.execute("select count(*) from users").fetchone() == (1,), "the user is gone"
            users.close()
        self.clean(root, scenario)
        return "new" if found == wanted and former != wanted else "old" if found == former else "none"

    @staticmethod
    def version(root):
        release = root / "opt/codegraph/current/release.json"
        return json.loads(release.read_bytes())["version"] if release.exists() else None

    @staticmethod
    def manifest(generation):
        return json.loads((generation / "release.json").read_bytes())

    def whole(self, root):
        current = root / "opt/codegraph/current"
        for placement in self.manifest(current)["placements"]:
            data = (current / placement["path"]).read_bytes()
            assert "sha256:" + hashlib.sha256(data).hexdigest() == placement["blob"], f"{placement['path']} is damaged"

    def answers(self, root):
        self.run(self.program(root), "gate", *self.places(root))
        assert not (root / "var/lib/codegraph/closed-for-writing").exists(), "still closed for writing"

    def clean(self, root, scenario):
        left = [str(path) for path in root.rglob("*.partial*")]
        assert not left, f"partial files: {left}"
        named = set()
        for generation in (root / "opt/codegraph/generations").iterdir():
            named |= {placement["blob"].removeprefix("sha256:") for placement in self.manifest(generation)["placements"]}
        held = {path.name for path in (root / "opt/codegraph/store/blobs/sha256").iterdir()}
        assert named <= held, f"missing in the store: {named - held}"
        if scenario == "gc":
            assert held <= named | self.unplaced(root), f"{len(held - named)} blobs that no generation names"

    def unplaced(self, root):
        """Blobs that belong to a release without a place in its folder (image layers)."""
        return {blob["digest"].removeprefix("sha256:") for generation in (root / "opt/codegraph/generations").iterdir()
                for blob in self.manifest(generation)["blobs"]}


def copy(source, target):
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--releases", type=Path)
    parser.add_argument("--only", default="install,upgrade,rollback,gc")
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else int(time.time())
    dice = random.Random(seed)
    work = Path(tempfile.mkdtemp(prefix="crash.", dir=CACHE))
    try:
        releases = args.releases or work / "releases"
        if not args.releases:
            subprocess.run([sys.executable, TOP / "tests/vm/releases.py", releases, "r1", "r2"], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        campaign = Campaign(releases, work)
        hosts = campaign.prepare()
        scenarios = args.only.split(",")
        moments, times = {}, {}
        for scenario in scenarios:
            began = time.monotonic()
            moments[scenario] = campaign.moments(scenario, hosts[scenario])
            times[scenario] = time.monotonic() - began
        print(f"crash campaign: seed {seed}, {args.runs} runs; calls that change the disk: "
              + ", ".join(f"{name} {len(calls)}" for name, calls in moments.items()), flush=True)
        # Every call once before any is taken again.
        order = {name: dice.sample(calls, len(calls)) for name, calls in moments.items()}
        ends, failures = collections.Counter(), 0
        for number in range(args.runs):
            scenario = scenarios[number % len(scenarios)]
            root = work / "run"
            copy(hosts[scenario], root)
            if number // len(scenarios) % 4 == 3:
                seconds = dice.uniform(0, times[scenario])
                moment, rc = f"after {seconds:.3f} s", campaign.kill_at_time(scenario, root, seconds)
            else:
                call = order[scenario].pop() if order[scenario] else dice.choice(moments[scenario])
                moment, rc = f"at {call[0]} number {call[1]}", campaign.kill_at_call(scenario, root, *call)
            if number % 3 == 0 and (root / "var/lib/codegraph-install").exists():
                # The way back is cut off too.
                seconds = dice.uniform(0, 0.1)
                moment += f", recover after {seconds:.3f} s"
                campaign.kill_at_time("recover", root, seconds)
            try:
                ends[f"{scenario}, {'killed' if rc else 'ended before'}, {campaign.check(scenario, root)}"] += 1
            except AssertionError as problem:
                failures += 1
                print(f"FAILED run {number}: {scenario} killed {moment}: {problem}", flush=True)
            shutil.rmtree(root)
        for end, count in sorted(ends.items()):
            print(f"  {count:4}  {end}")
        print(f"crash campaign: {args.runs - failures} of {args.runs} runs good (seed {seed})")
        return 1 if failures else 0
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Kills during the migration of a large store.

The store holds MB megabytes of finished jobs; the candidate's `db migrate` writes each of them anew, in one
transaction. The upgrade is killed with SIGKILL after a random time between the first byte of the snapshot and the
end of the migration: in turn the installer alone, its programs alone, and all of them, as a power cut does.
Then `recover`: the old release with the old store, or the new release with the migrated one. Nothing is lost: each table
has the rows that it had, by count and by SHA-256 over all of them. The same command again completes.

    migration.py --runs 12 [--store-mb 500] [--seed N] [--releases DIR]
"""
import argparse
import collections
import contextlib
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from campaign import CACHE, TOP, Campaign, copy  # noqa: E402

ROW_BYTES = 1000
TARGETS = ("installer", "programs", "all")


def store_of(root):
    return root / "var/lib/codegraph/codegraph.db"


def fill(store, megabytes):
    with contextlib.closing(sqlite3.connect(store)) as base, base:
        base.execute("INSERT INTO projects (id, name, path, created_at) VALUES ('p', 'bulk', '/nowhere', 0)")
        base.execute(f"""INSERT INTO jobs (id, project_id, state, error, requested_by, created_at)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {megabytes * 1000000 // ROW_BYTES})
            SELECT printf('bulk-%08d', i), 'p', 'done', hex(randomblob({ROW_BYTES // 2 - 40})), 'nobody', i FROM n""")
    with contextlib.closing(sqlite3.connect(store)) as base:
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def columns_of(store):
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as base:
        tables = [row[0] for row in base.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")]
        return {table: [row[1] for row in base.execute(f"PRAGMA table_info({table})")] for table in tables}


def contents_of(store, columns):
    """Count and SHA-256 of the rows of each table, in the columns that it had at first. Rows that start later (the
    audit log grows) are another matter: there the first ones count."""
    found = {}
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as base:
        assert base.execute("PRAGMA quick_check").fetchone() == ("ok",), "the store is damaged"
        for table, names in columns.items():
            digest, count = hashlib.sha256(), 0
            for row in base.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY 1"):
                digest.update(repr(row).encode())
                count += 1
            found[table] = (count, digest.hexdigest())
    return found


class Migration(Campaign):
    def line(self, scenario, root):
        if scenario == "migration":
            return [self.installer, "upgrade", self.releases / "slow-migration", "--root", root]
        return super().line(scenario, root)

    def prepare(self, megabytes):
        host = self.work / "host"
        self.run(*self.line("install", host))
        self.run(self.program(host), "admin", "create", "--username", "admin", "--generate", *self.places(host))
        fill(store_of(host), megabytes)
        self.columns = columns_of(store_of(host))
        self.contents = contents_of(store_of(host), self.columns)
        self.audit_bytes = (host / "var/lib/codegraph-install/audit.jsonl").stat().st_size
        return host

    def said(self, root, event):
        """Whether the upgrade said so; the installation before it has said the same."""
        audit = root / "var/lib/codegraph-install/audit.jsonl"
        return f'"event":"{event}"'.encode() in audit.read_bytes()[self.audit_bytes:]

    def measure(self, host):
        """Seconds of the snapshot and the migration in a run that nobody disturbs."""
        root = self.work / "trial"
        copy(host, root)
        process = subprocess.Popen(self.line("migration", root), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        # Its talk must not fill the pipe.
        talk = []
        reader = threading.Thread(target=lambda: talk.append(process.stderr.read()))
        reader.start()
        self.until(process, root, "switch.begin")
        began = time.monotonic()
        self.until(process, root, "state.migrated")
        seconds = time.monotonic() - began
        reader.join()
        assert process.wait() == 0, f"the upgrade that nobody disturbed ended with {process.returncode}: {talk}"
        assert self.version(root) == "0.1.7" and contents_of(store_of(root), self.columns) == self.contents
        shutil.rmtree(root)
        return seconds

    def until(self, process, root, event):
        while process.poll() is None and not self.said(root, event):
            time.sleep(0.01)

    def kill(self, root, seconds, target):
        process = subprocess.Popen(self.line("migration", root), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.until(process, root, "switch.begin")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        programs = children_of(process.pid)
        if target != "programs":
            process.kill()
        if target != "installer":
            for pid in programs:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return process.wait()

    def check_store(self, root, found, wanted):
        assert found in ("0.1.1", wanted), f"neither 0.1.1 nor {wanted}: {found}"
        self.whole(root)
        now, columns = contents_of(store_of(root), self.columns), columns_of(store_of(root))
        assert now == self.contents, f"the store changed: {self.contents} was, {now} is"
        if found == "0.1.1":
            assert columns == self.columns, f"the old release stands on the schema of the new one: {columns}"
        else:
            assert "words" in columns["jobs"], "the new release stands on the old schema"

    def check(self, root):
        self.run(self.installer, "recover", "--root", root)
        found = self.version(root)
        self.check_store(root, found, "0.1.7")
        self.answers(root)
        self.run(*self.line("migration", root))
        self.check_store(root, self.version(root), "0.1.7")
        assert self.version(root) == "0.1.7", f"after the second run: {self.version(root)}"
        self.answers(root)
        self.clean(root, "migration")
        return "new" if found == "0.1.7" else "old"


def children_of(pid):
    """All processes below this one."""
    below, found = collections.defaultdict(list), []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ProcessLookupError):
            fields = stat.read_text().rsplit(")", 1)[1].split()
            below[int(fields[1])].append(int(stat.parent.name))
    waiting = [pid]
    while waiting:
        children = below[waiting.pop()]
        found += children
        waiting += children
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--store-mb", type=int, default=500)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--releases", type=Path)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else int(time.time())
    dice = random.Random(seed)
    work = Path(tempfile.mkdtemp(prefix="crash.", dir=CACHE))
    try:
        releases = args.releases or work / "releases"
        if not args.releases:
            subprocess.run([sys.executable, TOP / "tests/vm/releases.py", releases, "r1", "slow-migration"], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        migration = Migration(releases, work)
        host = migration.prepare(args.store_mb)
        window = migration.measure(host)
        size = store_of(host).stat().st_size / 1e6
        print(f"kills in a migration: seed {seed}, {args.runs} runs; {size:.0f} MB, snapshot and migration {window:.1f} s", flush=True)
        ends, failures = collections.Counter(), 0
        for number in range(args.runs):
            target, seconds = TARGETS[number % len(TARGETS)], dice.uniform(0, window)
            root = work / "run"
            copy(host, root)
            rc = migration.kill(root, seconds, target)
            try:
                ends[f"{target} {'killed' if rc else 'ended before'}, {migration.check(root)}"] += 1
            except AssertionError as problem:
                failures += 1
                print(f"FAILED run {number}: {target} killed after {seconds:.2f} s: {problem}", flush=True)
            shutil.rmtree(root)
        for end, count in sorted(ends.items()):
            print(f"  {count:4}  {end}")
        print(f"kills in a migration: {args.runs - failures} of {args.runs} runs good (seed {seed})")
        return 1 if failures else 0
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Makes a development bundle of what `make build` built: used by the demo and by the isolated machine.

Writes the volumes, the installer and `fingerprint.txt` into --out. The development key is made once
in the cache folder; nothing is built anew when no input changed.
"""
import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ["CODEGRAPH_CACHE"])
TARGET = Path(os.environ["CARGO_TARGET_DIR"])
BUNDLER = TARGET / "release/codegraph-bundle"
STATIC = TARGET / "x86_64-unknown-linux-gnu/release/codegraph-install"


def stage(folder):
    """Programs and libraries in one folder, without symbols: what the bundle takes them from."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    for program in ("codegraph", "codegraph-llm", "codegraph-bundle"):
        shutil.copy(TARGET / "release" / program, folder / "bin" / program)
    shutil.copy(STATIC, folder / "bin/codegraph-install")
    subprocess.run(["strip", "--strip-debug", *map(str, (folder / "bin").iterdir())], check=True)


def state_of(paths):
    """One hash over path, size and time of the inputs."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        stat = path.stat()
        digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--volume-size", default="128MiB")
    parser.add_argument("--config", type=Path, default=TOP / "bundler/bundle.yaml")
    parser.add_argument("--lock", type=Path, default=CACHE / "bundle.lock")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    args = parser.parse_args()
    generation = CACHE / "deps/generation"
    keys = CACHE / "development-keys"
    if not (keys / "root.json").exists():
        subprocess.run([BUNDLER, "keygen", "--development", keys], check=True)

    inputs = [BUNDLER, STATIC, TARGET / "release/codegraph", TARGET / "release/codegraph-llm", keys / "root.json"]
    for folder in (generation, *(TOP / name for name in ("config", "systemd", "models", "images", "docs", "bundler"))):
        inputs += [p for p in folder.rglob("*") if p.is_file()]
    stamp, state = args.out / ".inputs", state_of(inputs) + args.volume_size + str(args.config) + str(args.set)
    if stamp.exists() and stamp.read_text() == state:
        print("   nothing changed since the last bundle", flush=True)
        return
    shutil.rmtree(args.out, ignore_errors=True)
    args.out.mkdir(parents=True)
    staged = CACHE / "staged"
    stage(staged)
    subprocess.run(
        [
            BUNDLER, "build",
            "--config", args.config,
            "--set", f"programs={staged}/bin",
            "--set", f"deps={generation}",
            "--set", f"source={TOP}",
            *(word for pair in args.set for word in ("--set", pair)),
            "--lock", args.lock,
            "--cache", CACHE / "bundle",
            "--key", keys,
            "--volume-size", args.volume_size,
            "--out", args.out,
        ],
        check=True,
    )
    fingerprint = subprocess.run(
        [BUNDLER, "fingerprint", keys], check=True, text=True, stdout=subprocess.PIPE
    ).stdout.split()[0]
    (args.out / "fingerprint.txt").write_text(fingerprint + "\n")
    shutil.copy(staged / "bin/codegraph-install", args.out / "codegraph-install")
    stamp.write_text(state)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Makes a development bundle of what `make build` built, or of what `make release` built (--release FOLDER).

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
BUILT = [TARGET / "release" / program for program in ("codegraph", "codegraph-llm", "codegraph-bundle")]
BUILT.append(TARGET / "x86_64-unknown-linux-gnu/release/codegraph-install")


def stage(folder, programs=BUILT):
    """The programs in one folder, without symbols: what the bundle takes them from."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    for program in programs:
        shutil.copy(program, folder / "bin")
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
    parser.add_argument("--lock", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--release", type=Path, metavar="FOLDER", help="programs, libraries and models from here")
    args = parser.parse_args()
    generation, programs, staged = CACHE / "deps/generation", BUILT, CACHE / "staged"
    if args.release:
        generation, staged = args.release, CACHE / "staged-release"
        programs = [args.release / "bin" / program.name for program in BUILT]
    bundler = next(program for program in programs if program.name == "codegraph-bundle")
    keys = CACHE / "development-keys"
    if not (keys / "root.json").exists():
        subprocess.run([bundler, "keygen", "--development", keys], check=True)

    inputs = [*programs, keys / "root.json"]
    for folder in (generation, *(TOP / name for name in ("config", "systemd", "models", "images", "docs", "bundler"))):
        inputs += [p for p in folder.rglob("*") if p.is_file()]
    stamp, state = args.out / ".inputs", state_of(inputs) + args.volume_size + str(args.config) + str(args.set)
    if stamp.exists() and stamp.read_text() == state:
        print("   nothing changed since the last bundle", flush=True)
        return
    shutil.rmtree(args.out, ignore_errors=True)
    args.out.mkdir(parents=True)
    stage(staged, programs)
    subprocess.run(
        [
            bundler, "build",
            "--config", args.config,
            "--set", f"programs={staged}/bin",
            "--set", f"deps={generation}",
            "--set", f"source={TOP}",
            *(word for pair in args.set for word in ("--set", pair)),
            "--lock", args.lock or CACHE / ("release.lock" if args.release else "bundle.lock"),
            "--cache", CACHE / "bundle",
            "--key", keys,
            "--volume-size", args.volume_size,
            "--out", args.out,
        ],
        check=True,
    )
    fingerprint = subprocess.run(
        [bundler, "fingerprint", keys], check=True, text=True, stdout=subprocess.PIPE
    ).stdout.split()[0]
    (args.out / "fingerprint.txt").write_text(fingerprint + "\n")
    shutil.copy(staged / "bin/codegraph-install", args.out / "codegraph-install")
    stamp.write_text(state)


if __name__ == "__main__":
    sys.exit(main())

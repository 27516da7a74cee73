#!/usr/bin/env python3
"""Makes a line of small releases for the stories of upgrades: releases.py OUT

Real programs, hardly any models. In OUT, each in a folder of its own:
  r1              the first release
  r2              a good one, nothing in it but a document changed
  bad-server      its server dies at once
  bad-migration   its `db migrate` fails
  bad-model       its chat model lacks a tensor (every check of the packager holds)
  r3              a good one that carries only what r2 does not have, by the receipt of a host that holds r2
  slow-migration  a good one, made only where it is asked for: its `db migrate` writes each row of the table of
                  jobs anew, by the host's own sqlite3
The installer and `fingerprint.txt` lie beside them. Counters rise in this order.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "scripts"))
import bundle  # noqa: E402

ORDER = ("r1", "r2", "bad-server", "bad-migration", "bad-model", "r3", "slow-migration")
CONFIG = """\
format: 1
product: codegraph
line: "0.1"
version: 0.1.{counter}
arch: x86_64
release_counter: {counter}
issued: 2026-11-23T00:00:00Z
minimum_installer: 0.1.0
components:
  - {{name: base, need: required, summary: "Server, installer, graph store, units."}}
{components}files:
  - {{from: "{programs}/codegraph", to: bin/codegraph, role: program, component: base}}
{programs_more}  - {{from: "{programs}/codegraph-install", to: bin/codegraph-install, role: program, component: base}}
  - {{from: "{deps}/lib/libduckdb.so", to: lib/libduckdb.so, role: library, component: base}}
  - {{from: "{deps}/lib/libstdc++.so.6", to: lib/libstdc++.so.6, role: library, component: base}}
  - {{from: "{deps}/lib/libgcc_s.so.1", to: lib/libgcc_s.so.1, role: library, component: base}}
  - {{from: "{deps}/extensions/fts.duckdb_extension", to: extensions/fts.duckdb_extension, role: extension, component: base, version: 1.5.5}}
  - {{from: "{source}/config", to: config, role: config, component: base}}
  - {{from: "{source}/systemd", to: units, role: unit, component: base}}
  - {{from: "{notes}", to: docs/RELEASE, role: doc, component: base}}
{models}"""
# A program that is ours in all but one command.
SCRIPT = """\
#!/bin/sh
case "$*" in {pattern}) echo "this release is broken on purpose" >&2; exit 1 ;; esac
exec "$(dirname "$(readlink -f "$0")")/codegraph.real" "$@"
"""
BROKEN = {"bad-server": "*serve*", "bad-migration": "*migrate*"}
# A program that is ours, after a migration of its own: in one transaction, adding only, as all of ours.
MIGRATION = """\
#!/bin/sh
set -eu
real="$(dirname "$(readlink -f "$0")")/codegraph.real"
case "$*" in *migrate*)
  for data in "$@"; do :; done
  has=$(sqlite3 "$data/codegraph.db" "SELECT count(*) FROM pragma_table_info('jobs') WHERE name = 'words'")
  [ "$has" = 1 ] || sqlite3 -bail "$data/codegraph.db" "PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL; BEGIN IMMEDIATE;
    ALTER TABLE jobs ADD COLUMN words TEXT; UPDATE jobs SET words = id || state; CREATE INDEX jobs_words ON jobs (words); COMMIT;" >&2 ;;
esac
exec "$real" "$@"
"""
SCRIPTS = {name: SCRIPT.format(pattern=pattern) for name, pattern in BROKEN.items()} | {"slow-migration": MIGRATION}
MODEL = "smollm2-135m-instruct-q4_1"


def scripted_program(name, programs, work):
    """A folder of programs whose server is a script before the real one."""
    folder = work / "programs"
    folder.mkdir()
    for program in programs.iterdir():
        os.link(program, folder / program.name)
    (folder / "codegraph").unlink()
    (folder / "codegraph").write_text(SCRIPTS[name])
    os.link(programs / "codegraph", folder / "codegraph.real")
    return folder


def broken_model(deps, work):
    """The chat model with one tensor renamed, and its descriptor."""
    data = (deps / "models" / MODEL / "model.gguf").read_bytes()
    wrong = data.replace(b"blk.7.attn_q.weight", b"blk.7.attn_x.weight")
    assert wrong != data and len(wrong) == len(data)
    (work / "model.gguf").write_bytes(wrong)
    text = (TOP / f"models/{MODEL}.yaml").read_text()
    digests = hashlib.sha256(data).hexdigest(), hashlib.sha256(wrong).hexdigest()
    assert digests[0] in text
    (work / "model.yaml").write_text(text.replace(*digests))


def make(name, counter, out, programs, deps, keys, work, base):
    work = work / name
    work.mkdir(parents=True)
    (work / "notes").write_text(f"{name}\n")
    fill = dict(counter=counter, programs=programs, deps=deps, source=TOP, notes=work / "notes",
                components="", programs_more="", models="")
    if name in SCRIPTS:
        fill["programs"] = scripted_program(name, programs, work)
        fill["programs_more"] = f'  - {{from: "{fill["programs"]}/codegraph.real", to: bin/codegraph.real, role: program, component: base}}\n'
    if name == "bad-model":
        broken_model(deps, work)
        fill["components"] = '  - {name: llm, need: optional, summary: "Model server and model."}\n'
        fill["programs_more"] = f'  - {{from: "{programs}/codegraph-llm", to: bin/codegraph-llm, role: program, component: llm}}\n'
        fill["models"] = f"models:\n  - {{descriptor: model.yaml, from: {work}, component: llm}}\n"
    config = work / "bundle.yaml"
    config.write_text(CONFIG.format(**fill))
    line = [bundle.BUNDLER, "build", "--config", config, "--lock", work / "lock", "--cache", bundle.CACHE / "bundle",
            "--key", keys, "--volume-size", "none", "--out", out / name]
    subprocess.run(line + (["--base", base] if base else []), check=True, stdout=subprocess.DEVNULL)


def receipt_of(installer, bundle_folder, fingerprint, work):
    """The receipt of a host that holds this release: files only, nothing is started."""
    root = work / "host"
    run = lambda *line: subprocess.run([installer, *line, "--root", root], check=True, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)
    run("install", bundle_folder, "--root-fingerprint", fingerprint, "--skip-gate")
    run("receipt", "export", "--to", work / "receipt.json")
    shutil.rmtree(root)
    return work / "receipt.json"


def main():
    out = Path(sys.argv[1])
    names = sys.argv[2:] or ORDER[:6]
    work = out / ".work"
    shutil.rmtree(work, ignore_errors=True)
    programs, deps, keys = work / "bin", bundle.CACHE / "deps/generation", bundle.CACHE / "development-keys"
    bundle.stage(work)
    if not (keys / "root.json").exists():
        subprocess.run([bundle.BUNDLER, "keygen", "--development", keys], check=True)
    fingerprint = subprocess.run([bundle.BUNDLER, "fingerprint", keys], check=True, text=True,
                                 stdout=subprocess.PIPE).stdout.split()[0]
    installer = out / "codegraph-install"
    for name in names:
        base = receipt_of(installer, out / "r2", fingerprint, work) if name == "r3" else None
        make(name, ORDER.index(name) + 1, out, programs, deps, keys, work, base)
        if name == names[0]:
            shutil.copy(programs / "codegraph-install", installer)
    (out / "fingerprint.txt").write_text(fingerprint + "\n")
    sizes = {name: sum(f.stat().st_size for f in (out / name).iterdir()) for name in names}
    print(json.dumps(sizes))
    shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""`make quality`: call edges and definitions of projects nobody here wrote, against each language's own checker.

run.py [--only LANGUAGE] [--show N] [--no-doc]   (N: examples of wrong and missing edges of each project)
"""
import argparse
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile

import compare
import report
from projects import PROJECTS
from truths import TRUTHS

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
CACHE = pathlib.Path(os.environ.get("CODEGRAPH_CACHE") or pathlib.Path.home() / ".cache/codegraph")
WORK = CACHE / "quality"
EDGES = ("SELECT e.src, e.dst, e.tier, e.confidence, e.technique, m.is_external FROM edges_call e "
         "JOIN nodes_method m ON m.id = e.dst")
METHODS = ("SELECT id, filename, offset_end, name, full_name, line_number, is_declaration FROM nodes_method "
           "WHERE NOT is_external")
SITES = ("SELECT id, filename, offset_, offset_end, line_number, name FROM nodes_call "
         "WHERE NOT starts_with(name, '<operator>')")


def fetch(package):
    """The pinned file in the download folder, by scripts/fetch.sh."""
    words = [". scripts/fetch.sh; fetch", package.file, package.sha256, *package.command]
    subprocess.run(["bash", "-euo", "pipefail", "-c", " ".join([words[0], *map(shlex.quote, words[1:])])],
                   cwd=REPO, check=True)
    return CACHE / "downloads" / package.file


def unpack(package):
    """The folder that holds what the pinned file holds, unpacked once."""
    target = WORK / "unpacked" / package.sha256[:16]
    if target.exists():
        return target
    file, part = fetch(package), target.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    if file.suffix in (".whl", ".zip"):
        zipfile.ZipFile(file).extractall(part)
    elif file.suffix == ".deb":
        subprocess.run(["dpkg", "-x", file, part], check=True)
    else:
        with tarfile.open(file) as archive:
            archive.extractall(part, filter="data")
    part.rename(target)
    return target


def query(program, data, project, sql):
    """The rows of one query."""
    out = subprocess.run([program, "query", "--data", data, "-p", project, "--json", "--rows", "100000000",
                          "--time-ms", "600000", sql], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    answer = json.loads(out.stdout)
    if answer["truncated"]:
        sys.exit(f"the answer to {sql!r} was cut")
    return answer["rows"]


def measure(program, project):
    """One project: its copy alone in a folder, the truth, the graph, the comparison."""
    slug = project.name.replace(" ", "-").replace("/", "-")
    root = WORK / "sources" / slug
    shutil.rmtree(root, ignore_errors=True)
    truth = TRUTHS[project.language]
    truth.copy(unpack(project.package) / project.folder, root)
    made = WORK / "truth" / f"{slug}.jsonl"
    made.parent.mkdir(parents=True, exist_ok=True)
    with made.open("w") as out, made.with_suffix(".log").open("w") as log:
        code = subprocess.run(truth.command(project, root, unpack, WORK), stdout=out, stderr=log,
                              env={**os.environ, **truth.environment(unpack)}, cwd=HERE).returncode
    if code:
        sys.exit(f"{project.name}: the checker failed, see {made.with_suffix('.log')}")
    data = WORK / "data" / slug
    shutil.rmtree(data, ignore_errors=True)
    subprocess.run([program, "index", root, "--data", data, "--name", slug, "--json"], check=True,
                   stdout=subprocess.DEVNULL)
    rows = lambda sql, names: [dict(zip(names, row)) for row in query(program, data, slug, sql)]
    definitions, calls, skipped = compare.read_truth(made, root)
    checked = truth.files(definitions, calls)
    methods = rows(METHODS, ("id", "file", "end", "name", "full_name", "line", "declaration"))
    return compare.compare(definitions, calls, skipped, methods, checked,
                           rows(SITES, ("id", "file", "start", "end", "line", "name")),
                           rows(EDGES, ("src", "dst", "tier", "confidence", "technique", "external")))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="measure this language alone; docs/quality.md is not written")
    parser.add_argument("--show", type=int, default=0, help="examples of wrong and missing edges of each project")
    parser.add_argument("--no-doc", action="store_true", help="do not write docs/quality.md")
    options = parser.parse_args()
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or CACHE / "target")
    program = os.environ.get("CODEGRAPH") or target / "release/codegraph"
    results = {}
    for project in PROJECTS:
        if options.only in (None, project.language):
            print(f"  {project.language}: {project.name}", file=sys.stderr, flush=True)
            results[project] = measure(program, project)
            if options.show:
                report.examples(results[project], options.show)
    print(report.table(results))
    if not options.only and not options.no_doc:
        (REPO / "docs/quality.md").write_text(report.document(results))


main()

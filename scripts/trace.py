#!/usr/bin/env python3
"""Looks at every address that the story of the demo opens: none may lie beyond loopback and Unix sockets.

Run it by `make trace`. The whole story (verify, install, serve, models, index, query, ask) runs under strace,
without the namespaces and packet filters that the units would add, so that an attempt is seen instead of failing
unseen. Ends with 1 and names program, call and address where one is foreign. Making the bundle is the part of the
connected machine and comes before. Environment: REPO=path of the repository to index.
"""
import collections
import ipaddress
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
OUT = TOP / "out" / "trace"
LOG = OUT / "strace.log"
# What names an address, and what would hide one from this list.
CALLS = ("connect", "bind", "sendto", "sendmsg", "sendmmsg")
HIDING = ("io_uring_setup",)
# Who asks these asks for a name, and they ask the world.
RESOLVERS = ("/run/systemd/resolve/", "/var/run/avahi-daemon/")

LINE = re.compile(r"^\d+(?:<(?P<program>[^>]*)>)? +(?P<call>\w+)\((?P<rest>.*)$")
ADDRESS = re.compile(r"\{sa_family=(?P<family>AF_\w+)(?P<text>[^{}]*)")
HOST = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')


def traced(command, log, **options):
    """Runs a command and all its children under strace."""
    calls = ",".join(CALLS + HIDING)
    strace = ["strace", "-f", "--seccomp-bpf", "-qq", "--signal=none", "--decode-pids=comm", "-s", "256", "-e", f"trace={calls}"]
    return subprocess.run([*strace, "-o", str(log), *map(str, command)], **options).returncode


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
    log = OUT / "probe.log"
    attempt = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('192.0.2.1', 9)); s.close()"
    attempt += "; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.sendto(b'x', ('2001:db8::1', 9))"
    traced([sys.executable, "-c", attempt], log, stderr=subprocess.DEVNULL)
    _, foreign = read(log)
    return {address for (_, _, address, _) in foreign} == {"192.0.2.1", "2001:db8::1"}


def main():
    shutil.rmtree(OUT / "root", ignore_errors=True)
    for left in ("installed", "llm.sock"):
        (OUT / left).unlink(missing_ok=True)
    OUT.mkdir(parents=True, exist_ok=True)
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

#!/usr/bin/env python3
"""Debian's source packages: `debian_source.py PACKAGE...` puts their archives into the current folder.

Uses this machine's own Debian mirror for bookworm; an index of sources of its own is kept in the cache.
"""
import os
import pathlib
import subprocess
import sys

CACHE = pathlib.Path(os.environ.get("CODEGRAPH_CACHE") or pathlib.Path.home() / ".cache/codegraph")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def download(packages, folder):
    """The archives of these source packages in `folder`; exits with a message where the mirror lacks one."""
    index = CACHE / "debian-sources"
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        text=True, capture_output=True, check=True).stdout
    lines = {line for line in targets.splitlines() if line.count(" ") == 2 and line.split()[1].startswith("bookworm")}
    apt = ["apt-get", "-q", "-o", f"Dir::Etc::sourcelist={index}/sources.list", "-o", "Dir::Etc::sourceparts=-",
           "-o", f"Dir::State::lists={index}/lists", "-o", "APT::Sandbox::User=root"]
    # An update may be listed before its files are there; the release itself always is.
    for chosen in (sorted(lines), [line for line in sorted(lines) if line.split()[1] == "bookworm"]):
        wanted = "".join(f"deb-src [signed-by={KEYRING}] {line}\n" for line in chosen)
        stored = index / "sources.list"
        if not stored.exists() or stored.read_text() != wanted:
            (index / "lists/partial").mkdir(parents=True, exist_ok=True)
            stored.write_text(wanted)
            subprocess.run([*apt, "update"], check=True, stdout=sys.stderr)
        got = [subprocess.run([*apt, "source", "--download-only", p], cwd=folder, stdout=sys.stderr).returncode for p in packages]
        if not any(got):
            return
    sys.exit(f"the Debian mirror has no archive of the source package {' or '.join(packages)}")


if __name__ == "__main__":
    download(sys.argv[1:], ".")

#!/usr/bin/env python3
"""Which C library programs, libraries and extensions need: a table on stdout, problems on stderr.

FOLDER has the layout of a generation (bin, lib, extensions). Ends with 1 where a file needs a symbol version
of glibc above --most, a library that neither glibc nor the folder has, or a version that the library of
the folder does not define. Everything is read by binutils' objdump.
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

# What glibc itself brings, on x86-64.
GLIBC = {
    "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libresolv.so.2",
    "ld-linux-x86-64.so.2",
}
# Names of versions that tell nothing by themselves: the version that brought them.
NAMED = {"GLIBC_ABI_DT_RELR": "2.36", "GLIBC_ABI_DT_X86_64_PLT": "2.36"}


def objdump(option, file):
    done = subprocess.run(["objdump", option, file], check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout


def number(version):
    """`2.28` as a pair that can be compared; nothing for what is no version of glibc."""
    plain = re.fullmatch(r"(\d+)\.(\d+)(?:\.\d+)?", NAMED.get(f"GLIBC_{version}", version))
    return plain and (int(plain[1]), int(plain[2]))


class File:
    """What objdump tells of one file."""

    def __init__(self, path, folder):
        self.name = str(path.relative_to(folder))
        private = objdump("-p", path)
        self.needed = re.findall(r"^\s+NEEDED\s+(\S+)", private, re.M)
        self.defined = set(re.findall(r"^\d+ 0x\w+ 0x\w+ (\S+)", private, re.M))
        self.versions, library = [], None
        references = private.partition("Version References:")[2]
        for line in references.splitlines():
            if found := re.match(r"\s+required from (\S+):", line):
                library = found[1]
            elif found := re.match(r"\s+0x\w+ 0x\w+ \d+ (\S+)", line):
                self.versions.append((library, found[1]))
        self.path = path

    def newest(self):
        """The newest version of glibc that it needs, as a pair, and from which library."""
        found = [(number(v[6:]), lib) for lib, v in self.versions if v.startswith("GLIBC_") and number(v[6:])]
        return max(found, default=(None, None))

    def symbols(self, version):
        """Which symbols it wants in this version."""
        lines = objdump("-T", self.path).splitlines()
        return sorted({line.split()[-1] for line in lines if "*UND*" in line and re.search(rf"\(?{re.escape(version)}\)?\s", line)})


def problems(file, carried, most):
    for library in file.needed:
        if library not in GLIBC and library not in carried:
            yield f"{file.name}: needs the library {library}, which is not carried"
    for library, version in file.versions:
        if library in carried:
            if version not in carried[library].defined:
                yield f"{file.name}: needs {version} of {library}, which the carried one does not have"
            continue
        found = number(version[6:]) if version.startswith("GLIBC_") else None
        if version == "GLIBC_PRIVATE" or (found and found > most):
            names = ", ".join(file.symbols(version)) or "(the file itself)"
            yield f"{file.name}: needs {version} of {library} for {names}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", required=True, metavar="VERSION")
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    paths = sorted(p for part in ("bin", "lib", "extensions") for p in (args.folder / part).glob("*") if p.is_file())
    files = [File(path, args.folder) for path in paths]
    carried = {file.path.name: file for file in files if file.name.startswith("lib/")}
    if not files:
        sys.exit(f"{args.folder}: no programs")
    print(f"{'file':<40}{'MiB':>7}  {'glibc':<7}needs")
    for file in files:
        version = file.newest()[0]
        text = ".".join(map(str, version)) if version else ("any" if file.needed else "static")
        own = [library for library in file.needed if library not in GLIBC]
        print(f"{file.name:<40}{file.path.stat().st_size / 2**20:>7.1f}  {text:<7}{' '.join(own)}")
    found = [text for file in files for text in problems(file, carried, number(args.most))]
    for text in found:
        print(text, file=sys.stderr)
    if found:
        sys.exit(1)
    print(f"all of them run with glibc {args.most}")


if __name__ == "__main__":
    main()

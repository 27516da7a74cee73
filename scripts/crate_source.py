#!/usr/bin/env python3
"""Published crates: `crate_source.py NAME VERSION` puts NAME-VERSION.crate into the current folder, as cargo fetches it."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def download(name, version, folder):
    """The crate's archive in `folder`; exits with cargo's message where the registry lacks it."""
    home = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
    file = f"{name}-{version}.crate"
    with tempfile.TemporaryDirectory() as scratch:
        manifest = pathlib.Path(scratch) / "Cargo.toml"
        manifest.write_text(f'[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\n'
                            f'[dependencies]\n{name} = {{ version = "={version}", default-features = false }}\n')
        manifest.with_name("lib.rs").touch()
        if subprocess.run(["cargo", "fetch", "--quiet", "--manifest-path", manifest]).returncode:
            sys.exit(f"cargo could not fetch {name} {version}")
    for found in (home / "registry/cache").glob(f"*/{file}"):
        shutil.copyfile(found, pathlib.Path(folder) / file)
        return
    sys.exit(f"cargo fetched {name} {version}, but {home}/registry/cache holds no {file}")


if __name__ == "__main__":
    download(sys.argv[1], sys.argv[2], ".")

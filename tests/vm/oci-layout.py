#!/usr/bin/env python3
"""`oci-layout.py ROOT OUT NAME`: a folder as an OCI layout of one image with one layer, always the same bytes."""
import argparse
import gzip
import hashlib
import json
import sys
import tarfile
from pathlib import Path


def plain(entry):
    """The same entry on every machine."""
    entry.mtime = 0
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("name")
    parser.add_argument("--entrypoint", required=True)
    parser.add_argument("--cmd", action="append", default=[])
    parser.add_argument("--env", action="append", default=[])
    # A value may begin with a dash: `--cmd -dev`.
    words = sys.argv[1:]
    joined = []
    while words:
        word = words.pop(0)
        joined.append(f"{word}={words.pop(0)}" if word in ("--cmd", "--env", "--entrypoint") else word)
    args = parser.parse_args(joined)
    root, out, name = args.root, args.out, args.name
    blobs = out / "blobs/sha256"
    blobs.mkdir(parents=True)
    layer_tar = out / "layer.tar"
    with tarfile.open(layer_tar, "w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(root.rglob("*")):
            archive.add(path, arcname=str(path.relative_to(root)), recursive=False, filter=plain)
    tar_bytes = layer_tar.read_bytes()
    layer_tar.unlink()

    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    layer = blob(gzip.compress(tar_bytes, compresslevel=6, mtime=0))
    config = blob(json.dumps({
        "architecture": "amd64", "os": "linux",
        "config": {"Entrypoint": [args.entrypoint], "Cmd": args.cmd, "Env": args.env},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar_bytes).hexdigest()]},
    }).encode())
    prefix = "application/vnd.oci.image."
    manifest = blob(json.dumps({
        "schemaVersion": 2, "mediaType": prefix + "manifest.v1+json",
        "config": {"mediaType": prefix + "config.v1+json", **config},
        "layers": [{"mediaType": prefix + "layer.v1.tar+gzip", **layer}],
    }).encode())
    index = {"schemaVersion": 2, "manifests": [
        {"mediaType": prefix + "manifest.v1+json", **manifest,
         "platform": {"os": "linux", "architecture": "amd64"},
         "annotations": {"org.opencontainers.image.ref.name": name}}]}
    (out / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (out / "index.json").write_text(json.dumps(index))


if __name__ == "__main__":
    main()

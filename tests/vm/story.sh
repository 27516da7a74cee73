#!/usr/bin/env bash
# The main story in the isolated machine: a Debian machine with systemd and without a network card
# takes the bundle from a read-only disk, is installed, used, rebooted, used and purged.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
media=$(mktemp -d "${CODEGRAPH_CACHE:?run it by make}/vm-media.XXXXXX")
trap 'rm -rf "$media"' EXIT

echo "isolated machine: building the bundle"
python3 "$here/../../scripts/bundle.py" --out "$media" --volume-size 128MiB
cp -r "$here/sample" "$media/sample"
# One start more than the story has.
bash "$here/play.sh" story "$media" 3

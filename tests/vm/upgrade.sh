#!/usr/bin/env bash
# The story of upgrades in the isolated machine: releases that work, releases that are broken on purpose,
# a delta, a power cut, removal.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
media=$(mktemp -d "${CODEGRAPH_CACHE:?run it by make}/vm-media.XXXXXX")
trap 'rm -rf "$media"' EXIT

echo "isolated machine: building six releases"
python3 "$here/releases.py" "$media" 2>/dev/null
cp -r "$here/sample" "$media/sample"
bash "$here/play.sh" upgrade "$media" 3

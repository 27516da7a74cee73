#!/usr/bin/env bash
# `images.sh [SUITE]`: the story of images on a machine without a network card. PostgreSQL arrives in the
# bundle as a container image; podman pulls it by digest from this host's own read-only registry; it runs,
# survives a reboot, and leaves nothing behind. trixie's podman knows quadlets, bookworm's gets plain units.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${CODEGRAPH_CACHE:?run it by make}/vm-images.XXXXXX")
trap 'rm -rf "$work"' EXIT

"$here/postgresql-image.sh" "$work/postgresql"
python3 "$here/../../scripts/bundle.py" --config "$here/images.bundle.yaml" --set "postgresql=$work/postgresql" \
  --lock "$work/bundle.lock" --out "$work/media" --volume-size none
VM_SUITE=${1:-trixie} VM_PACKAGES="podman crun" bash "$here/play.sh" images "$work/media" 3

#!/usr/bin/env bash
# `images.sh [SUITE]`: the story of images on a machine without a network card. PostgreSQL, Prometheus, Alertmanager
# and OpenBao arrive in the bundle as container images; podman pulls them by digest from this host's own read-only
# registry; they run, survive a reboot, and leave nothing behind. trixie's podman knows quadlets, bookworm's gets
# plain units.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${CODEGRAPH_CACHE:?run it by make}/vm-images.XXXXXX")
trap 'rm -rf "$work"' EXIT

sets=()
for name in postgresql prometheus alertmanager openbao; do
  "$here/component-image.sh" $name "$work/$name"
  sets+=(--set "$name=$work/$name")
done
python3 "$here/../../scripts/bundle.py" --config "$here/images.bundle.yaml" "${sets[@]}" \
  --lock "$work/bundle.lock" --out "$work/media" --volume-size none
VM_SUITE=${1:-trixie} VM_PACKAGES="podman crun" bash "$here/play.sh" images "$work/media" 3

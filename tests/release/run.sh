#!/usr/bin/env bash
# What `make release` built, in the oldest Debian that can be had: a folder with nothing but the smallest root of
# that release (glibc 2.31), no network, no library of this machine. Bundled, installed, used, asked.
# SUITE=bookworm tries another release, PROGRAMS=folder other programs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${CODEGRAPH_CACHE:?run it by make}
suite=${SUITE:-bullseye}
programs=${PROGRAMS:-$CARGO_TARGET_DIR/release-2.28}
export PATH=$PATH:/sbin:/usr/sbin
if [ "$(id -u)" != 0 ]; then
  echo "make test-release needs root, for chroot; run it as root or in a container" >&2
  exit 4
fi

media=$programs-media
python3 "$here/../../scripts/bundle.py" --release "$programs" --out "$media"

base=$cache/vm/minbase-$suite.tar
if [ ! -f "$base" ]; then
  echo "release test: making the smallest root of $suite" >&2
  mkdir -p "$cache/vm"
  mmdebstrap --quiet --variant=minbase "$suite" "${base%.tar}.new.tar" >&2
  mv "${base%.tar}.new.tar" "$base"
fi
work=$(mktemp -d "$cache/release-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/root"
tar -C "$work/root" --numeric-owner -xf "$base"
mkdir -p "$work/root"/{media/bundle,media/sample,srv/node,opt/story}
cp "$here/guest.sh" "$work/root/opt/story/"
cp "$here/../vm/sample/"* "$work/root/media/sample/"

# Namespaces of its own: no network but loopback, and no process or mount outlives it.
unshare --net --mount --pid --fork --kill-child bash -euo pipefail -s "$work/root" "$media" <<'INSIDE' | tee "$cache/release-test.log"
root=$1
busybox ip link set lo up
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount --rbind /dev "$root/dev"
mount --bind "$2" "$root/media/bundle"
mount -o remount,bind,ro "$root/media/bundle"
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root /bin/bash /opt/story/guest.sh
INSIDE
grep -q '^== all ok$' "$cache/release-test.log" || { echo "release test: FAILED; the log is $cache/release-test.log" >&2; exit 1; }

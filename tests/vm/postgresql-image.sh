#!/usr/bin/env bash
# `postgresql-image.sh FOLDER`: a small real PostgreSQL image of Debian packages, as an OCI layout,
# made without a container engine. It takes the variables of the official image that our quadlet sets.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${CODEGRAPH_CACHE:?run it by make}
out=$1
key=$(cat "$0" "$here/postgresql-entrypoint.sh" "$here/oci-layout.py" | sha256sum | cut -c1-16)
made=$cache/vm/postgresql-$key
if [ ! -f "$made/index.json" ]; then
  echo "isolated machine: making a PostgreSQL image of Debian packages" >&2
  work=$(mktemp -d "$cache/vm-postgresql.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$cache/vm"
  mmdebstrap --quiet --variant=extract --include=postgresql-15,dash,coreutils,libc-bin,base-files bookworm "$work/all.tar" >&2
  mkdir "$work/root"
  # The server and its libraries; without documents, locales, Perl, Python, the compiler of queries.
  tar -xf "$work/all.tar" -C "$work/root" \
    --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' --exclude='*perl*' \
    --exclude='*python*' --exclude='*libLLVM*' --exclude='*llvm*' --exclude='./var/cache' --exclude='./var/lib/apt' --exclude='./dev/*'
  ln -sf dash "$work/root/bin/sh" 2>/dev/null || ln -sf dash "$work/root/usr/bin/sh"
  mkdir -p "$work/root"/{tmp,run,proc,sys,dev,etc} "$work/root/var/lib/postgresql/data" "$work/root/run/postgresql"
  chmod 1777 "$work/root/tmp"
  [ -e "$work/root/var/run" ] || ln -s /run "$work/root/var/run"
  printf 'root:x:0:0:root:/:/bin/sh\n' >"$work/root/etc/passwd"
  printf 'root:x:0:\n' >"$work/root/etc/group"
  install -m 0755 "$here/postgresql-entrypoint.sh" "$work/root/usr/local/bin/entrypoint" 2>/dev/null ||
    install -D -m 0755 "$here/postgresql-entrypoint.sh" "$work/root/usr/local/bin/entrypoint"
  python3 "$here/oci-layout.py" "$work/root" "$work/layout" docker.io/library/postgres:15
  rm -rf "$made" && mv "$work/layout" "$made"
fi
mkdir -p "$out"
cp -a "$made/." "$out/"

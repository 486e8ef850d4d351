# SPDX-License-Identifier: BSD-2-Clause

# Runs commands in a copy of a Debian tree and prints their durations. The first command that fails ends it, with
# the command's status. All mounts end with the namespace of this script.
#
#   enter.sh TREE ROOM RUSTUP ENVIRONMENT FOLDERS COMMAND...
#
# TREE stays unchanged: the commands write to ROOM. RUSTUP is the folder of rustup's toolchains, or empty.
# ENVIRONMENT lists variables, and FOLDERS lists folders of this machine to show, one per line.

set -euo pipefail

tree=$1 room=$2 rustup=$3
mapfile -t environment < <(printf %s "$4")
mapfile -t folders < <(printf %s "$5")
shift 5

root=$room/root
home=/root # of the user inside
mkdir -p "$room"/{upper,work,rustup-upper,rustup-work,root}
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$room/upper,workdir=$room/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
mkdir -p "$root$home/.rustup" "$root$home/checkout"
if [ -n "$rustup" ]; then
  mount -t overlay overlay \
    -o "lowerdir=$rustup,upperdir=$room/rustup-upper,workdir=$room/rustup-work,redirect_dir=on" \
    "$root$home/.rustup"
fi
mount --bind "$room/checkout" "$root$home/checkout"
for folder in "${folders[@]}"; do
  mkdir -p "$root$folder"
  mount --bind "$folder" "$root$folder"
  mount -o remount,bind,ro "$root$folder"
done

cat > "$root/usr/local/bin/sudo" << 'EOF'
#!/bin/sh
exec "$@"
EOF
chmod +x "$root/usr/local/bin/sudo"

inside() {
  chroot "$root" /usr/bin/env -i "${environment[@]}" HOME=$home TERM=dumb LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH=$home/.cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    bash -euc "cd ~/checkout; $1" < /dev/null
}

# Removes the additions of KaaL to the toolchains. rustup must forget its components; it doesn't know Debian's
# rust-src.
if [ -n "$rustup" ]; then
  rm -rf "$root$home"/.rustup/toolchains/nightly-[0-9]*
  inside 'for toolchain in ~/.rustup/toolchains/*; do
    rustup target remove --toolchain "${toolchain##*/}" aarch64-unknown-none || true
    rustup component remove --toolchain "${toolchain##*/}" rust-src || true
  done' > /dev/null 2>&1
  rm -rf "$root$home"/.rustup/toolchains/*/lib/rustlib/{src,aarch64-unknown-none}
fi

for command in "$@"; do
  start=$SECONDS status=0
  echo "clean room: \$ $command"
  inside "$command" || status=$?
  echo "clean room: status $status after $((SECONDS - start)) s"
  [ "$status" = 0 ] || exit "$status"
done

# SPDX-License-Identifier: BSD-2-Clause

# A part of `run-qemu`: QEMU's options for the network and the disk that components of KaaL's root task drive, as
# `cargo xtask qemu` gives them. It is `null` if none does, or the root task is another one.
{
  lib,
  dosfstools,
  mtools,
  runCommand,
  source,
  writeText,
}:
rootTask:
let
  list = rootTask.KAAL_SYSTEM or rootTask.defaultList or null;
  components = lib.optionals (list != null) ((lib.importTOML list).component or [ ]);
  drives = device: lib.any (component: lib.elem device (component.devices or [ ])) components;

  # Room for the documentation.
  disk = runCommand "kaal-files.img" { nativeBuildInputs = [ dosfstools mtools ]; } ''
    truncate --size 8M $out
    mkfs.fat --invariant -n "KAAL FILES" $out
    mcopy -s -i $out ${source [ "docs" ]}/docs/* ::
  '';

  network = ''
    port=''${KAAL_HTTP_PORT:-8080}
    until [ -n "''${KAAL_HTTP_PORT:-}" ] || ! (: < /dev/tcp/127.0.0.1/$port) 2> /dev/null; do
      port=$((port + 1))
    done
    echo "http://localhost:$port/"
    set -- -netdev user,id=net,hostfwd=tcp:127.0.0.1:$port-:80 \
      -device virtio-net-device,netdev=net,bus=virtio-mmio-bus.0 "$@"
  '';

  storage = ''
    set -- -drive if=none,id=disk,format=raw,readonly=on,file=${disk} \
      -device virtio-blk-device,drive=disk,bus=virtio-mmio-bus.8 "$@"
  '';

  options =
    lib.optionalString (drives "/virtio_mmio@a000000") network
    + lib.optionalString (drives "/virtio_mmio@a001000") storage;
in
if options == "" then
  null
else
  writeText "devices.sh" "set -- -global virtio-mmio.force-legacy=false \"$@\"\n${options}"

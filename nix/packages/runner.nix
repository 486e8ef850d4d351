# SPDX-License-Identifier: BSD-2-Clause

# Boots an image on QEMU's machine for a platform. The first argument names the image; the others go to
# QEMU. The terminal shows the console, and Ctrl-C ends QEMU.
{
  lib,
  writeShellApplication,
  qemu,
}:
platform:
let
  inherit (platform.qemu)
    machine
    cpu
    memory
    cores
    serial
    ;
  otherSerials = lib.concatStrings (builtins.genList (_: "-serial null ") serial);
in
writeShellApplication {
  name = "run-${platform.name}";
  runtimeInputs = [ qemu ];
  text = ''
    image=$1
    shift
    exec qemu-system-aarch64 \
      -machine ${machine} -cpu ${cpu} -m ${memory} -smp ${toString cores} \
      -nic none -monitor none -display none -no-reboot ${otherSerials}-serial stdio \
      -kernel "$image" "$@"
  '';
}

# SPDX-License-Identifier: BSD-2-Clause

# Boots an image, which the first argument names, on the machine that QEMU emulates for a
# platform; further arguments go to QEMU. The console is the terminal, and Ctrl-C ends it.
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

# SPDX-License-Identifier: BSD-2-Clause

# Boots an image, the first argument, on the machine that QEMU emulates for a platform. More
# arguments go to QEMU. The console is the terminal; Ctrl-C ends it.
{
  lib,
  writeShellApplication,
  qemu,
  qemuMachine,
}:
platform:
let
  otherSerials = lib.concatStrings (builtins.genList (_: "-serial null ") platform.qemu.serial);
in
writeShellApplication {
  name = "run-${platform.name}";
  runtimeInputs = [ qemu ];
  text = ''
    image=$1
    shift
    exec ${qemuMachine platform} \
      -display none -no-reboot ${otherSerials}-serial stdio -kernel "$image" "$@"
  '';
}

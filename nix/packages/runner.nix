# SPDX-License-Identifier: BSD-2-Clause

# Boots an image, which the first argument names, on the machine that QEMU emulates for a
# platform; further arguments go to QEMU. The console is the terminal, and Ctrl-C ends it.
{ writeShellApplication, qemu }:
platform:
let
  inherit (platform.qemu)
    machine
    cpu
    memory
    cores
    ;
in
writeShellApplication {
  name = "run-${platform.name}";
  runtimeInputs = [ qemu ];
  text = ''
    image=$1
    shift
    exec qemu-system-aarch64 \
      -machine ${machine} -cpu ${cpu} -m ${memory} -smp ${toString cores} \
      -nodefaults -display none -serial stdio -no-reboot \
      -kernel "$image" "$@"
  '';
}

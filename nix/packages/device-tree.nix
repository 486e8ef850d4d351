# SPDX-License-Identifier: BSD-2-Clause

# The device tree that QEMU generates for a platform's machine, without random seeds.
{
  runCommand,
  qemu,
}:
platform:
let
  inherit (platform.qemu)
    machine
    cpu
    memory
    cores
    ;
in
runCommand "${platform.name}.dtb" { nativeBuildInputs = [ qemu ]; } ''
  qemu-system-aarch64 -display none -nic none -monitor none \
    -machine ${machine},dtb-randomness=off,dumpdtb=qemu.dtb \
    -cpu ${cpu} -m ${memory} -smp ${toString cores}
  mv qemu.dtb $out
''

# SPDX-License-Identifier: BSD-2-Clause

# The device tree of the machine that QEMU emulates for a platform, as QEMU tells it, but without
# its random seeds.
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

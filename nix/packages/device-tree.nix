# SPDX-License-Identifier: BSD-2-Clause

# The device tree that QEMU makes for a platform's machine, without random seeds.
{
  runCommand,
  qemu,
  qemuMachine,
}:
platform:
runCommand "${platform.name}.dtb" { nativeBuildInputs = [ qemu ]; } ''
  ${qemuMachine platform} -machine dtb-randomness=off,dumpdtb=$out -display none
''

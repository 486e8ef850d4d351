# SPDX-License-Identifier: BSD-2-Clause

# The command that starts QEMU with a platform's machine.
platform:
let
  inherit (platform.qemu)
    machine
    cpu
    memory
    cores
    ;
in
"qemu-system-aarch64 -machine ${machine} -cpu ${cpu} -m ${memory} -smp ${toString cores} -nic none -monitor none"

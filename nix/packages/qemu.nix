# SPDX-License-Identifier: BSD-2-Clause

# Boots one image on QEMU, and passes arguments to QEMU.
{ writeShellApplication }:
image:
writeShellApplication {
  name = "run-qemu";
  text = ''
    exec ${image}/bin/run-qemu "$@"
  '';
}

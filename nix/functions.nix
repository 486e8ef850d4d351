# SPDX-License-Identifier: BSD-2-Clause

# Small functions for several files.
{ lib }:
{
  # The attribute `name` of `set`, which a caller's own `attribute` names.
  choose =
    attribute: name: set:
    set.${name} or (throw ''
      KaaL: ${attribute} = "${name}" doesn't exist; choose one of: ${lib.concatStringsSep ", " (lib.attrNames set)}
    '');

  # The given files and folders of the checkout, in the Nix store.
  source =
    paths:
    lib.fileset.toSource {
      root = ../.;
      fileset = lib.fileset.unions (map (path: ../. + "/${path}") paths);
    };

  # The command that starts QEMU with a platform's machine.
  qemuMachine =
    platform:
    with platform.qemu;
    "qemu-system-aarch64 -machine ${machine} -cpu ${cpu} -m ${memory} -smp ${toString cores} -nic none -monitor none";

  # The image builder's options that describe a kernel.
  kernelOptions =
    kernel:
    "--dtb ${kernel}/support/kernel.dtb --platform ${kernel}/support/platform_gen.yaml"
    + " --kernel-config ${kernel}/libsel4/include/kernel/gen_config.json";
}

# SPDX-License-Identifier: BSD-2-Clause

# KaaL's own root task for a kernel.
{
  lib,
  mkRootTask,
  rootTaskSources,
  workspace,
}:
kernel:
mkRootTask {
  inherit kernel;
  inherit (workspace) version;
  pname = "kaal-root-task";
  rustflags = import ./root-task/flags.nix;
  components = lib.attrNames (builtins.readDir ../../root-task/components);
  folder = "root-task";
  src = rootTaskSources;
}
// lib.optionalAttrs (kernel.platform.platform == "qemu-arm-virt") {
  # Components for other machines drive no device of QEMU's.
  defaultList = ../../root-task/task/system.toml;
}

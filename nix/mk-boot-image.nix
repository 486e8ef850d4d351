# SPDX-License-Identifier: BSD-2-Clause

# A bootable image of a root task and seL4, built for a platform.
#
# `rootTask` is an ELF file, a package with an ELF file as its main program, or a function from the
# kernel to either. `kernelConfig` adds to the kernel's settings; `kernelToolchain` names its compiler.
{
  lib,
  choose,
  kernelToolchains,
  mkKernel,
  packBootImage,
}:
{
  platform,
  variant ? "default",
  rootTask,
  kernelConfig ? { },
  kernelToolchain ? "default",
}:
let
  kernel = mkKernel {
    inherit platform variant kernelConfig;
    toolchain = choose "kernelToolchain" kernelToolchain kernelToolchains;
  };
in
packBootImage {
  inherit kernel;
  rootTask = if lib.isFunction rootTask then rootTask kernel else rootTask;
}

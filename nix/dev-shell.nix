# SPDX-License-Identifier: BSD-2-Clause

# `nix develop`: all that the crates and the kernel are built, booted and debugged with.
{
  lib,
  mkShell,
  cargo-deny,
  gdb,
  llvmPackages,
  qemu,
  images,
  kernelToolchains,
  kernelTools,
  toolchain,
}:
let
  inherit (images.qemu-arm-virt) default;
  inherit (kernelToolchains.default) nativeBuildInputs cFlags cmakeFlags;
in
mkShell {
  packages = [
    cargo-deny
    gdb
    qemu
    toolchain
  ]
  ++ kernelTools;
  # Not among the packages, where it would become the compiler for the host, CC.
  depsBuildTarget = nativeBuildInputs;
  hardeningDisable = [ "all" ];
  # What docs/kernel.md gives to cmake.
  SEL4_TOOLCHAIN = toString (
    cmakeFlags ++ lib.optional (cFlags != [ ]) "-DCMAKE_C_FLAGS=${toString cFlags}"
  );
  SEL4_PREFIX = default.kernel;
  LIBCLANG_PATH = "${lib.getLib llvmPackages.libclang}/lib";
}

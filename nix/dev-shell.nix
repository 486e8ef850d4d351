# SPDX-License-Identifier: BSD-2-Clause

# `nix develop`: the programs to build, boot and debug the crates and the kernel.
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
  # In `packages`, it would become the compiler for the host, CC.
  depsBuildTarget = nativeBuildInputs;
  hardeningDisable = [ "all" ];
  # docs/kernel.md passes it to cmake.
  SEL4_TOOLCHAIN = toString (
    cmakeFlags ++ lib.optional (cFlags != [ ]) "-DCMAKE_C_FLAGS=${toString cFlags}"
  );
  SEL4_PREFIX = default.kernel;
  LIBCLANG_PATH = "${lib.getLib llvmPackages.libclang}/lib";
}

# SPDX-License-Identifier: BSD-2-Clause

# `nix develop`: the tools to build, boot and debug the crates and the kernel.
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
  # In `packages`, it would become CC, the host's compiler.
  depsBuildTarget = nativeBuildInputs;
  hardeningDisable = [ "all" ];
  # The compiler's options for cmake, as in docs/kernel.md.
  SEL4_TOOLCHAIN = toString (
    cmakeFlags ++ lib.optional (cFlags != [ ]) "-DCMAKE_C_FLAGS=${toString cFlags}"
  );
  SEL4_PREFIX = default.kernel;
  LIBCLANG_PATH = "${lib.getLib llvmPackages.libclang}/lib";
}

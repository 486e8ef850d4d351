# SPDX-License-Identifier: BSD-2-Clause

# `nix develop`: all that the crates and the kernel are built, booted and debugged with.
{
  lib,
  mkShell,
  cargo-deny,
  cmake,
  dtc,
  gdb,
  libxml2,
  llvmPackages,
  ninja,
  qemu,
  images,
  toolchain,
}:
let
  inherit (images.qemu-arm-virt) default;
in
mkShell {
  packages = [
    cargo-deny
    cmake
    dtc
    gdb
    libxml2
    ninja
    qemu
    toolchain
  ];
  SEL4_PREFIX = default.kernel;
  LIBCLANG_PATH = "${lib.getLib llvmPackages.libclang}/lib";
}

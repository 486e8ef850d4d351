# SPDX-License-Identifier: BSD-2-Clause

# The compilers that seL4 can be built with, by name: what to put on PATH, and what to tell CMake.
# `default` is the one that comes ready-made from nixpkgs' binary cache: GCC on Linux, which is
# also what seL4 is verified with, but LLVM on macOS, where a cross GCC is built from source.
{
  lib,
  stdenv,
  pkgsCross,
  llvmPackages,
}:
let
  gcc =
    let
      inherit (pkgsCross.aarch64-multiplatform.stdenv) cc;
    in
    {
      nativeBuildInputs = [ cc ];
      cFlags = [ ];
      cmakeFlags = [
        "-DCMAKE_TOOLCHAIN_FILE=gcc.cmake"
        # With the folder, since on aarch64-linux the compiler is the native one, which has no prefix;
        # without any, seL4 looks for compilers by other names.
        "-DCROSS_COMPILER_PREFIX=${cc}/bin/${cc.targetPrefix}"
      ];
    };

  llvm =
    let
      clang = llvmPackages.clang-unwrapped;
      resources = "${lib.getLib clang}/lib/clang/${lib.versions.major clang.version}";
    in
    {
      nativeBuildInputs = [
        clang
        llvmPackages.lld
        llvmPackages.llvm
      ];
      cFlags = [ "-resource-dir=${resources}" ];
      cmakeFlags = [
        "-DCMAKE_TOOLCHAIN_FILE=llvm.cmake"
        "-DTRIPLE=aarch64-linux-gnu"
        "-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld"
      ];
    };
in
{
  inherit gcc llvm;
  default = if stdenv.buildPlatform.isDarwin then llvm else gcc;
}

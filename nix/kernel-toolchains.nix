# SPDX-License-Identifier: BSD-2-Clause

# The compilers that can build seL4, by name, with their packages and their flags for CMake.
# `default` is the compiler that nixpkgs' binary cache has: GCC on Linux and LLVM on macOS, where a
# cross GCC would be built from source. seL4 is verified with GCC.
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
        # The prefix includes the folder, so that it isn't empty on aarch64-linux, where the native compiler
        # has no prefix. With an empty one, seL4 looks for compilers by other names.
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

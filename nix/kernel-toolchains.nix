# SPDX-License-Identifier: BSD-2-Clause

# seL4's compilers by name: their packages and their options for CMake. `default` comes ready-made
# from nixpkgs' binary cache: GCC on Linux, with which seL4 is also verified, but LLVM on macOS, where
# a cross GCC must be built from source.
{
  lib,
  stdenv,
  pkgsCross,
  llvmPackages,
}:
let
  inherit (pkgsCross.aarch64-multiplatform.stdenv) cc;
  gcc = {
    nativeBuildInputs = [ cc ];
    cFlags = [ ];
    cmakeFlags = [
      "-DCMAKE_TOOLCHAIN_FILE=gcc.cmake"
      # With the folder: on aarch64-linux, the compiler is the native one, which has no prefix.
      # Without a prefix, seL4 looks for compilers with other names.
      "-DCROSS_COMPILER_PREFIX=${cc}/bin/${cc.targetPrefix}"
    ];
  };

  clang = llvmPackages.clang-unwrapped;
  resources = "${lib.getLib clang}/lib/clang/${lib.versions.major clang.version}";
  llvm = {
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

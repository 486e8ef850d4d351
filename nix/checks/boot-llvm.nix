# SPDX-License-Identifier: BSD-2-Clause

# Boots a kernel that LLVM built. macOS builds all kernels with LLVM, so it needs no such check.
{
  lib,
  stdenv,
  kaalRootTask,
  mkBootImage,
  mkBootTest,
}:
lib.optionalAttrs (!stdenv.buildPlatform.isDarwin) {
  boot-qemu-arm-virt-default-llvm = mkBootTest {
    image = mkBootImage {
      platform = "qemu-arm-virt";
      rootTask = kaalRootTask;
      kernelToolchain = "llvm";
    };
    sentinel = "KAAL_SYSTEM_READY";
  };
}

# SPDX-License-Identifier: BSD-2-Clause

# The kernel that LLVM builds, as on macOS, where other kernels are GCC's.
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

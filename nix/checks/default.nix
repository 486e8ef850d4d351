# SPDX-License-Identifier: BSD-2-Clause

# The checks of `nix flake check`, in groups; CI builds each group on its own machine.
{
  lib,
  stdenv,
  call,
  book,
  images,
  kaalRootTask,
  mkBootImage,
  mkBootTest,
}:
let
  # Every variant of the platforms that QEMU has a model of: seL4 boots into the root task.
  boots = lib.concatMapAttrs (
    platform: variants:
    lib.mapAttrs' (
      variant: image:
      lib.nameValuePair "boot-${platform}-${variant}" (mkBootTest {
        inherit image;
        sentinel = "KAAL_SYSTEM_READY";
      })
    ) (lib.filterAttrs (_: image: image.platform.qemu != null) variants)
  );

  # LLVM builds the kernels on macOS, GCC builds them elsewhere.
  llvm = lib.optionalAttrs (!stdenv.buildPlatform.isDarwin) {
    default-llvm = mkBootImage {
      platform = "qemu-arm-virt";
      rootTask = kaalRootTask;
      kernelToolchain = "llvm";
    };
  };
in
{
  crates = call ./crates.nix;
  boots-virt = boots { qemu-arm-virt = images.qemu-arm-virt // llvm; };
  boots-boards = boots (removeAttrs images [ "qemu-arm-virt" ]);
  images = {
    probe-matrix = call ./probe-matrix.nix;
    reproducible = call ./reproducible.nix;
    inherit book;
    nix-style = call ./nix-style.nix;
  };
}

# SPDX-License-Identifier: BSD-2-Clause

# The checks of `nix flake check`, in groups; CI builds each group on its own machine.
{
  lib,
  stdenv,
  call,
  book,
  firmwares,
  images,
  kaalRootTask,
  mkBootImage,
  mkBootTest,
  mkFirmwareImage,
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

  # The kernels for EL1 and EL2 through every firmware.
  throughFirmwares = lib.concatMapAttrs (
    variant: image:
    lib.mapAttrs' (
      firmware: _:
      lib.nameValuePair "boot-qemu-arm-virt-${variant}-${firmware}" (mkBootTest {
        image = mkFirmwareImage { inherit image; };
        arguments = [
          "--firmware"
          firmware
        ];
        sentinel = "KAAL_SYSTEM_READY";
      })
    ) firmwares
  ) { inherit (images.qemu-arm-virt) default hyp; };

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
  boots-virt = boots { qemu-arm-virt = images.qemu-arm-virt // llvm; } // throughFirmwares;
  boots-boards = boots (removeAttrs images [ "qemu-arm-virt" ]);
  images = {
    probe-matrix = call ./probe-matrix.nix;
    reproducible = call ./reproducible.nix;
    inherit book;
    nix-style = call ./nix-style.nix;
  };
}

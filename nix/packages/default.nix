# SPDX-License-Identifier: BSD-2-Clause

# The packages of the flake, and groups of checks, whose names begin with `checks-`.
{
  lib,
  linkFarm,
  builder,
  elfloader,
  unpacker,
  efiStub,
  probe,
  book,
  checks,
  images,
  mkFirmwareImage,
}:
let
  defaultPlatform = "qemu-arm-virt";

  ofVariant =
    image:
    {
      bootimage = image;
      inherit (image) kernel;
      root-task = image.rootTask;
    }
    // lib.optionalAttrs (image.platform.qemu != null) { qemu = image; };

  suffix =
    platform: variant:
    lib.optionalString (platform != defaultPlatform) "-${platform}"
    + lib.optionalString (variant != "default") "-${variant}";

  named =
    platform: variant: image:
    lib.mapAttrs' (name: lib.nameValuePair "${name}${suffix platform variant}") (ofVariant image);
in
{
  inherit
    builder
    elfloader
    unpacker
    efiStub
    probe
    book
    ;
  default = images.${defaultPlatform}.default;
}
// lib.concatMapAttrs (platform: lib.concatMapAttrs (named platform)) images
// lib.mapAttrs' (
  variant: image:
  lib.nameValuePair "qemu-firmware${suffix defaultPlatform variant}" (mkFirmwareImage { inherit image; })
) images.${defaultPlatform}
// lib.mapAttrs' (
  group: members: lib.nameValuePair "checks-${group}" (linkFarm "checks-${group}" members)
) checks

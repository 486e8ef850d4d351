# SPDX-License-Identifier: BSD-2-Clause

# What `nix build .#…` offers. The plain names are for the default platform's default variant.
{
  lib,
  builder,
  elfloader,
  probe,
  images,
  mkQemu,
}:
let
  ofVariant = image: {
    bootimage = image;
    inherit (image) kernel;
    root-task = image.rootTask;
    qemu = mkQemu image;
  };
  variants = lib.mapAttrs (_: ofVariant) images.qemu-arm-virt;
  withSuffix = variant: lib.mapAttrs' (name: package: lib.nameValuePair "${name}-${variant}" package);
in
{
  inherit builder elfloader probe;
  default = variants.default.bootimage;
}
// variants.default
// lib.concatMapAttrs withSuffix variants

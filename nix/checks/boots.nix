# SPDX-License-Identifier: BSD-2-Clause

# Boots seL4 into the root task, for every variant of the platforms that QEMU has a model of.
{ lib, mkBootTest }:
lib.concatMapAttrs (
  platform: variants:
  lib.mapAttrs' (
    variant: image:
    lib.nameValuePair "boot-${platform}-${variant}" (mkBootTest {
      inherit image;
      sentinel = "KAAL_SYSTEM_READY";
    })
  ) (lib.filterAttrs (_: image: image.platform.qemu != null) variants)
)

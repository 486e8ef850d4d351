# SPDX-License-Identifier: BSD-2-Clause

# Every variant of those platforms that QEMU has a model of: seL4 boots into the root task.
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

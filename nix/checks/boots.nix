# SPDX-License-Identifier: BSD-2-Clause

# Every variant of every platform: seL4 boots into the root task.
{
  lib,
  images,
  mkBootTest,
}:
lib.concatMapAttrs (
  platform:
  lib.mapAttrs' (
    variant: image:
    lib.nameValuePair "boot-${platform}-${variant}" (mkBootTest {
      inherit image;
      sentinel = "KAAL_SYSTEM_READY";
    })
  )
) images

# SPDX-License-Identifier: BSD-2-Clause

# The image with KaaL's own root task for every variant of a platform.
{
  lib,
  kaalRootTask,
  mkBootImage,
  platforms,
}:
lib.mapAttrs (
  platform:
  lib.mapAttrs (
    variant: _:
    mkBootImage {
      inherit platform variant;
      rootTask = kaalRootTask;
    }
  )
) platforms

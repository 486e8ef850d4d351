# SPDX-License-Identifier: BSD-2-Clause

# KaaL's own root task and image for every variant of a platform.
{
  lib,
  platforms,
  mkBootImage,
  mkRootTask,
}:
let
  root = ../.;
  kaalRootTask =
    kernel:
    mkRootTask {
      inherit kernel;
      pname = "kaal-root-task";
      folder = "root-task";
      src = lib.fileset.toSource {
        inherit root;
        # Cargo also reads the settings of the checkout above.
        fileset = lib.fileset.unions [
          ../.cargo/config.toml
          ../Cargo.toml
          ../root-task
        ];
      };
    };
in
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

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
        # Its crates have what they share with the workspace from the manifest above.
        fileset = lib.fileset.unions [
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

# SPDX-License-Identifier: BSD-2-Clause

# For every crate of the workspace: lints, format, documentation and, on the host, tests. For the
# root task with its components: lints and format. For both workspaces: the dependencies.
{
  lib,
  craneLib,
  images,
  qemu,
  workspace,
}:
let
  checksOf =
    name: crate:
    let
      arguments = workspace.argumentsFor name;
    in
    {
      "${name}-clippy" = craneLib.cargoClippy (
        arguments
        // {
          cargoClippyExtraArgs = lib.optionalString crate.onHost "--all-targets " + "-- -Dwarnings";
        }
      );
      "${name}-doc" = craneLib.cargoDoc (
        arguments
        // {
          cargoDocExtraArgs = "--no-deps --document-private-items";
          RUSTDOCFLAGS = "-Dwarnings";
          docInstallRoot = lib.optionalString (!crate.onHost) "target/aarch64-unknown-none/doc";
        }
      );
      "${name}-fmt" = craneLib.cargoFmt {
        inherit (arguments) pname version src;
        cargoExtraArgs = "--package ${name}";
      };
    }
    // lib.optionalAttrs crate.onHost {
      "${name}-test" = craneLib.cargoTest (arguments // { nativeCheckInputs = [ qemu ]; });
    };
in
lib.concatMapAttrs checksOf workspace.crates
// {
  inherit (workspace) deny trust;
}
// lib.mapAttrs' (
  name: lib.nameValuePair "root-task-${name}"
) images.qemu-arm-virt.default.rootTask.checks

# SPDX-License-Identifier: BSD-2-Clause

# Lints, format and documentation of every crate of the workspace, and tests of those on the host.
# Lints and format of the root task with its components. The dependencies of both.
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
  root-task-deny = images.qemu-arm-virt.default.rootTask.deny;
  root-task-clippy = images.qemu-arm-virt.default.rootTask.clippy;
  root-task-fmt = images.qemu-arm-virt.default.rootTask.fmt;
}

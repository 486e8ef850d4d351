# SPDX-License-Identifier: BSD-2-Clause

# Rust programs for a seL4 kernel, based on the crates of rust-sel4. `src` contains a Cargo
# workspace in `folder`. The root task is the package `pname`. The packages in `components` are built
# before it; its build script finds them in the folder that KAAL_COMPONENTS names. `rustflags`, if
# any, replace those in Cargo's settings.
# Cargo compiles the sources in the store, at the same path on every machine: the absolute paths of
# crates from outside the workspace influence the programs.
{
  lib,
  craneLib,
  rootTaskArguments,
  rootTaskChecks,
}:
given@{
  kernel,
  pname,
  components ? [ ],
  ...
}:
let
  arguments = rootTaskArguments (removeAttrs given [ "components" ]);

  build =
    packages: extra:
    craneLib.buildPackage (
      arguments
      // {
        buildPhaseCargoCommand = ''
          cargoWithProfile build --message-format json-render-diagnostics ${arguments.cargoExtraArgs} ${
            lib.concatMapStringsSep " " (name: "--package ${name}") packages
          } > $cargoBuildLog
        '';
      }
      // extra
    );

  componentPrograms = build components { pname = "${pname}-components-${kernel.platform.name}"; };
  environment = lib.optionalAttrs (components != [ ]) {
    KAAL_COMPONENTS = "${componentPrograms}/bin";
  };
in
build [ pname ] (
  environment
  // {
    passthru = {
      components = componentPrograms;
      checks = rootTaskChecks arguments environment;
    };
    meta = {
      description = "A root task for seL4 on ${kernel.platform.name}";
      mainProgram = pname;
    };
  }
)

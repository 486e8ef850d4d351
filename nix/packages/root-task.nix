# SPDX-License-Identifier: BSD-2-Clause

# Programs in Rust for a seL4 kernel, on the crates of rust-sel4. `src` holds a Cargo workspace in
# `folder`. The root task is the package `pname`; the others that `components` lists are built
# before it, and found by its build script in the folder that KAAL_COMPONENTS names. `rustflags`, if
# there are any, take the place of those in Cargo's settings.
#
# Cargo compiles the sources where they lie in the store, which is the same path on every machine:
# it tells crates from outside of the workspace apart by their absolute paths, and programs differ
# by that.
{
  lib,
  cargoDeny,
  craneLib,
  llvmPackages,
  rustSel4Hashes,
}:
{
  kernel,
  src,
  folder ? ".",
  pname,
  version ? "0.1.0",
  components ? [ ],
  rustflags ? [ ],
  outputHashes ? { },
}:
let
  inherit (kernel) platform;
  source = "${src}/${folder}";
  cargoLock = "${source}/Cargo.lock";

  common = {
    pname = "${pname}-${platform.name}";
    inherit src version;
    strictDeps = true;
    doCheck = false;
    cargoVendorDir = craneLib.vendorCargoDeps {
      inherit cargoLock;
      outputHashes = rustSel4Hashes // outputHashes;
    };
    cargoExtraArgs = "--locked --target aarch64-unknown-none";
    # rust-sel4 generates its bindings from the kernel's headers.
    SEL4_PREFIX = kernel;
    LIBCLANG_PATH = "${lib.getLib llvmPackages.libclang}/lib";
    # Programs without paths of the build, in debug information neither: a root task holds its components,
    # headers and all, which tell how long that is.
    CARGO_UNSTABLE_TRIM_PATHS = "true";
    CARGO_PROFILE_RELEASE_TRIM_PATHS = "all";
    # Programs for the target: the host's tools would harm them, and debuggers want the symbols.
    dontStrip = true;
    dontPatchELF = true;
  }
  // lib.optionalAttrs (rustflags != [ ]) { RUSTFLAGS = toString rustflags; };

  arguments = common // {
    # All that is written lies in the build's folder.
    unpackPhase = ''
      export CARGO_HOME=$PWD/cargo-home
      export CARGO_TARGET_DIR=$PWD/target
      cargoBuildLog=$PWD/build-log.json
      postBuildInstallFromCargoBuildLogOut=$PWD/programs
      cd ${source}
    '';
  };

  dependencies = craneLib.buildDepsOnly (
    common
    // {
      cargoExtraArgs = "${common.cargoExtraArgs} --workspace";
      postUnpack = ''
        cd $sourceRoot/${folder}
        sourceRoot=.
      '';
      extraDummyScript = "cp ${builtins.toFile "Cargo.lock" (builtins.readFile cargoLock)} $out/${folder}/Cargo.lock";
    }
  );

  build =
    packages: extra:
    craneLib.buildPackage (
      arguments
      // {
        cargoArtifacts = dependencies;
        buildPhaseCargoCommand = ''
          cargoWithProfile build --message-format json-render-diagnostics ${common.cargoExtraArgs} ${
            lib.concatMapStringsSep " " (name: "--package ${name}") packages
          } > $cargoBuildLog
        '';
      }
      // extra
    );

  componentPrograms = build components { pname = "${pname}-components-${platform.name}"; };
  componentsFolder = lib.optionalAttrs (components != [ ]) {
    KAAL_COMPONENTS = "${componentPrograms}/bin";
  };
in
build [ pname ] (
  componentsFolder
  // {
    passthru = {
      components = componentPrograms;
      clippy = craneLib.cargoClippy (
        arguments
        // componentsFolder
        // {
          cargoArtifacts = dependencies;
          cargoExtraArgs = "${common.cargoExtraArgs} --workspace";
          cargoClippyExtraArgs = "-- -Dwarnings";
        }
      );
      # By KaaL's own rules.
      deny = cargoDeny {
        inherit (arguments)
          pname
          version
          src
          cargoVendorDir
          unpackPhase
          ;
        cargoDenyExtraArgs = "--config ${../../deny.toml}";
      };
      # File by file: `cargo fmt` would want the workspaces of all path dependencies.
      fmt = craneLib.mkCargoDerivation {
        inherit (arguments)
          pname
          version
          src
          unpackPhase
          ;
        pnameSuffix = "-fmt";
        cargoArtifacts = null;
        cargoVendorDir = null;
        doInstallCargoArtifacts = false;
        buildPhaseCargoCommand = "find . -name '*.rs' -exec rustfmt --check --edition 2024 {} +";
        installPhaseCommand = "mkdir $out";
      };
    };
    meta = {
      description = "A root task for seL4 on ${platform.name}";
      mainProgram = pname;
    };
  }
)

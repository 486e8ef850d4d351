# SPDX-License-Identifier: BSD-2-Clause

# A root task in Rust for a seL4 kernel, on rust-sel4. `src` holds a Cargo workspace in `folder`, and
# `pname` is the root task's package. The packages in `components` are built first; the root task's build
# script finds them in the folder KAAL_COMPONENTS. `rustflags` replace those in Cargo's configuration.
#
# Cargo compiles the sources in the store, because their path there is the same on every machine. Cargo
# distinguishes crates outside of the workspace by absolute paths, which change the programs.
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
    # No paths of the build, not even in debug information: a root task holds its components with their ELF
    # headers, which depend on the size of the debug information.
    CARGO_UNSTABLE_TRIM_PATHS = "true";
    CARGO_PROFILE_RELEASE_TRIM_PATHS = "all";
    # The host's tools would damage programs for the target, and debuggers need the symbols.
    dontStrip = true;
    dontPatchELF = true;
  }
  // lib.optionalAttrs (rustflags != [ ]) { RUSTFLAGS = toString rustflags; };

  arguments = common // {
    # The sources are read-only, so write to the build folder.
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
      # With KaaL's own rules.
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
      # `cargo fmt` would need the workspaces of all path dependencies, so format file by file.
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

# SPDX-License-Identifier: BSD-2-Clause

# Programs in Rust for a seL4 kernel, on the crates of rust-sel4. `src` holds a Cargo workspace in
# `folder`. The root task is the package `pname`; the others that `components` lists are built
# before it, and found by its build script in the folder that KAAL_COMPONENTS names. `rustflags`, if
# there are any, take the place of those in Cargo's settings.
{
  lib,
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
  cargoLock = "${src}/${folder}/Cargo.lock";

  arguments = {
    pname = "${pname}-${platform.name}";
    inherit src version;
    strictDeps = true;
    doCheck = false;
    cargoVendorDir = craneLib.vendorCargoDeps {
      inherit cargoLock;
      outputHashes = rustSel4Hashes // outputHashes;
    };
    cargoExtraArgs = "--locked --target aarch64-unknown-none";
    postUnpack = ''
      cd $sourceRoot/${folder}
      sourceRoot=.
    '';
    # rust-sel4 generates its bindings from the kernel's headers.
    SEL4_PREFIX = kernel;
    LIBCLANG_PATH = "${lib.getLib llvmPackages.libclang}/lib";
    # Programs for the target: the host's tools would harm them, and debuggers want the symbols.
    dontStrip = true;
    dontPatchELF = true;
  }
  // lib.optionalAttrs (rustflags != [ ]) { RUSTFLAGS = toString rustflags; };

  dependencies = craneLib.buildDepsOnly (
    arguments
    // {
      cargoExtraArgs = "${arguments.cargoExtraArgs} --workspace";
      extraDummyScript = "cp ${builtins.toFile "Cargo.lock" (builtins.readFile cargoLock)} $out/${folder}/Cargo.lock";
    }
  );

  build =
    packages: extra:
    craneLib.buildPackage (
      arguments
      // {
        cargoArtifacts = dependencies;
        cargoExtraArgs =
          arguments.cargoExtraArgs + lib.concatMapStrings (name: " --package ${name}") packages;
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
      clippy = craneLib.cargoClippy (
        arguments
        // componentsFolder
        // {
          cargoArtifacts = dependencies;
          cargoExtraArgs = "${arguments.cargoExtraArgs} --workspace";
          cargoClippyExtraArgs = "-- -Dwarnings";
        }
      );
      # By KaaL's own rules.
      deny = craneLib.cargoDeny {
        inherit (arguments)
          pname
          version
          src
          cargoVendorDir
          postUnpack
          ;
        cargoDenyExtraArgs = "--config ${../../deny.toml}";
      };
      # File by file: `cargo fmt` would want the workspaces of all path dependencies.
      fmt = craneLib.mkCargoDerivation {
        inherit (arguments)
          pname
          version
          src
          postUnpack
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

# SPDX-License-Identifier: BSD-2-Clause

# The arguments with which crane's functions work on a root task, and its dependencies.
{
  lib,
  craneLib,
  llvmPackages,
}:
{
  kernel,
  src,
  # The sources to compile, if `src` lacks some.
  compiled ? src,
  folder ? ".",
  pname,
  version ? "0.1.0",
  rustflags ? [ ],
  outputHashes ? { },
}:
let
  # The hash of each release of rust-sel4, by its source in Cargo.lock.
  rustSel4Hashes."git+https://github.com/seL4/rust-sel4?tag=v5.0.0#d441a880938209f661201704dfbee7b91c5aa905" =
    "sha256-TE42X+l9K5yDlilFHBysLgvn7VBpAG6DnNOpPlKIxQI=";

  cargoLock = "${src}/${folder}/Cargo.lock";

  common = {
    inherit src version;
    pname = "${pname}-${kernel.platform.name}";
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
    # Debug information without paths of the build: a root task contains its components with their
    # headers, which depend on its length.
    CARGO_UNSTABLE_TRIM_PATHS = "true";
    CARGO_PROFILE_RELEASE_TRIM_PATHS = "all";
    # The host's tools would damage programs for the target, and debuggers need the symbols.
    dontStrip = true;
    dontPatchELF = true;
  }
  // lib.optionalAttrs (rustflags != [ ]) { RUSTFLAGS = toString rustflags; };
in
common
// {
  # Cargo compiles the sources in the store, but writes only to the build's folder.
  unpackPhase = ''
    export CARGO_HOME=$PWD/cargo-home
    export CARGO_TARGET_DIR=$PWD/target
    cargoBuildLog=$PWD/build-log.json
    postBuildInstallFromCargoBuildLogOut=$PWD/programs
    cd ${compiled}/${folder}
  '';

  cargoArtifacts = craneLib.buildDepsOnly (
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
}

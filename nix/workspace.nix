# SPDX-License-Identifier: BSD-2-Clause

# The Cargo workspace, as its manifests describe it: its crates, the sources of each, and the
# dependencies that all share.
{
  lib,
  runCommand,
  cargoDeny,
  craneLib,
  source,
}:
let
  target = "aarch64-unknown-none";

  manifestIn = folder: lib.importTOML (../. + "/${folder}/Cargo.toml");
  inherit ((manifestIn ".").workspace) members default-members package;

  # By name: the crate's folder and description, the crates of the workspace that it needs, and
  # whether it runs on the host.
  crates = lib.listToAttrs (
    map (
      folder:
      let
        crate = manifestIn folder;
        dependencies =
          crate.dependencies or { } // crate.dev-dependencies or { } // crate.build-dependencies or { };
      in
      lib.nameValuePair crate.package.name {
        inherit folder;
        inherit (crate.package) description;
        onHost = lib.elem folder default-members;
        uses = lib.filter (name: crates ? ${name}) (lib.attrNames dependencies);
      }
    ) members
  );

  # The files that tests of a crate read outside its folder.
  readByTests = {
    kaal-elfloader-builder = map (name: "docs/${name}.md") [
      "configuration"
      "json"
      "manifest"
      "rules"
    ];
    kaal-web = [ "docs/web.md" ];
    xtask = [
      "README.md"
      "nix/template"
      "nix/template-system"
    ];
  };

  filesOf = name: [ crates.${name}.folder ] ++ readByTests.${name} or [ ];

  # The files of the crate and of the crates that it needs, directly or not.
  filesNeededFor =
    name:
    lib.concatMap (item: filesOf item.key) (
      lib.genericClosure {
        startSet = [ { key = name; } ];
        operator = item: map (key: { inherit key; }) crates.${item.key}.uses;
      }
    );

  # .cargo/config.toml names it for every program on the target.
  linkerScript = "elfloader/runtime/discard.ld";

  commonFiles = [
    ".cargo/config.toml"
    "Cargo.lock"
    "Cargo.toml"
    "clippy.toml"
    "rustfmt.toml"
    linkerScript
  ];
  allFiles = commonFiles ++ lib.concatMap filesOf (lib.attrNames crates);

  # All manifests with empty programs, which the linker script doesn't fit.
  skeleton = craneLib.mkDummySrc {
    extraDummyScript = "touch $out/${linkerScript}";
    src = source allFiles;
  };

  # All sources and documents.
  everything = source (
    allFiles
    ++ [
      "deny.toml"
      "docs"
      "root-task"
    ]
  );

  # The crate and the crates that it needs. Of all others, only manifests: a change to them
  # rebuilds nothing.
  sourceOf =
    name:
    runCommand "source" { } ''
      cp --recursive --no-preserve=mode ${skeleton} $out
      cp --recursive --no-preserve=mode ${source (commonFiles ++ filesNeededFor name)}/. $out
    '';

  common = {
    inherit (package) version;
    CARGO_UNSTABLE_TRIM_PATHS = "true";
    CARGO_PROFILE_RELEASE_TRIM_PATHS = "all";
    strictDeps = true;
    cargoVendorDir = craneLib.vendorCargoDeps { cargoLock = ../Cargo.lock; };
  };

  withDependencies =
    pname: arguments:
    arguments
    // {
      cargoArtifacts = craneLib.buildDepsOnly (
        arguments
        // {
          inherit pname;
          dummySrc = skeleton;
        }
      );
    };
  hostArguments = withDependencies "kaal-host" common;
  targetArguments = withDependencies "kaal-target" (
    common
    // {
      CARGO_PROFILE = "boot";
      # As in xtask/src/build.rs.
      CARGO_TARGET_AARCH64_UNKNOWN_NONE_RUSTFLAGS = "-Zlocation-detail=none";
      cargoExtraArgs =
        "--locked --target ${target}" + lib.concatMapStrings (name: " --package ${name}") targetCrates;
      doCheck = false;
      # The host's tools would damage programs for the target, and debuggers need the symbols.
      dontStrip = true;
      dontPatchELF = true;
    }
  );
  targetCrates = lib.attrNames (lib.filterAttrs (_: crate: !crate.onHost) crates);

  # The arguments with which crane's functions work on one crate.
  argumentsFor =
    name:
    let
      inherit (crates.${name}) onHost;
    in
    (if onHost then hostArguments else targetArguments)
    // {
      pname = name;
      src = sourceOf name;
      cargoExtraArgs = "--locked --package ${name}" + lib.optionalString (!onHost) " --target ${target}";
    };
in
{
  inherit crates argumentsFor filesNeededFor;
  inherit (package) version;

  # Licences, versions and sources of all dependencies.
  deny = cargoDeny (
    common
    // {
      pname = "kaal";
      src = everything;
    }
  );

  # The lists of dependencies and unsafe code in the documents.
  trust = craneLib.cargoTest (
    argumentsFor "kaal-tests"
    // {
      pname = "kaal-trust";
      src = everything;
      cargoTestExtraArgs = "--test trust";
    }
  );

  # The crate's programs; the main one has the crate's name.
  build =
    name:
    (craneLib.buildPackage (argumentsFor name // { doCheck = false; })).overrideAttrs {
      meta = {
        inherit (crates.${name}) description;
        mainProgram = name;
      };
    };
}

# SPDX-License-Identifier: BSD-2-Clause

# The Cargo workspace, as its manifests describe it: the crates, the sources of each, and the
# dependencies that they share.
{
  lib,
  runCommand,
  cargoDeny,
  craneLib,
}:
let
  inherit (lib) fileset;
  root = ../.;
  target = "aarch64-unknown-none";

  manifest = lib.importTOML (root + "/Cargo.toml");
  inherit (manifest.workspace) members default-members;
  inherit (manifest.workspace.package) version;

  # By name: the crate's folder, the crates of the workspace that it needs, and where it runs.
  crates = lib.listToAttrs (
    map (
      folder:
      let
        crate = lib.importTOML (root + "/${folder}/Cargo.toml");
        dependencies =
          crate.dependencies or { } // crate.dev-dependencies or { } // crate.build-dependencies or { };
      in
      lib.nameValuePair crate.package.name {
        inherit folder;
        onHost = lib.elem folder default-members;
        uses = lib.filter (name: crates ? ${name}) (lib.attrNames dependencies);
      }
    ) members
  );

  closureOf =
    name:
    map (item: item.key) (
      lib.genericClosure {
        startSet = [ { key = name; } ];
        operator = item: map (key: { inherit key; }) crates.${item.key}.uses;
      }
    );

  # Files outside of a crate's folder that its tests read.
  readByTests.builder = fileset.unions [
    (root + "/docs/configuration.md")
    (root + "/docs/json.md")
    (root + "/docs/manifest.md")
    (root + "/docs/rules.md")
  ];

  filesOf =
    { folder, ... }:
    fileset.union (root + "/${folder}") (readByTests.${folder} or (fileset.unions [ ]));

  # .cargo/config.toml names it for every program on the target.
  linkerScript = "elfloader/runtime/discard.ld";

  commonFiles = fileset.unions (
    map (file: root + "/${file}") [
      ".cargo/config.toml"
      "Cargo.lock"
      "Cargo.toml"
      "clippy.toml"
      "rustfmt.toml"
      linkerScript
    ]
  );

  filesOfAll = names: fileset.unions (map (name: filesOf crates.${name}) names);

  filesNeededFor = name: filesOfAll (closureOf name);

  allFiles = fileset.union commonFiles (filesOfAll (lib.attrNames crates));

  # All manifests with dummy sources. The linker script is empty, because it doesn't fit dummy programs.
  skeleton = craneLib.mkDummySrc {
    extraDummyScript = "touch $out/${linkerScript}";
    src = fileset.toSource {
      inherit root;
      fileset = allFiles;
    };
  };

  # All sources, including the root task's, and the documentation.
  everything = fileset.toSource {
    inherit root;
    fileset = fileset.unions [
      allFiles
      (root + "/deny.toml")
      (root + "/docs")
      (root + "/root-task")
    ];
  };

  # The crate and its dependencies in the workspace. The other crates are dummies, so that a change to
  # them doesn't rebuild this one.
  sourceOf =
    name:
    runCommand "source" { } ''
      cp --recursive --no-preserve=mode ${skeleton} $out
      cp --recursive --no-preserve=mode ${
        fileset.toSource {
          inherit root;
          fileset = fileset.union commonFiles (filesNeededFor name);
        }
      }/. $out
    '';

  common = {
    inherit version;
    CARGO_UNSTABLE_TRIM_PATHS = "true";
    CARGO_PROFILE_BOOT_TRIM_PATHS = "all";
    CARGO_PROFILE_RELEASE_TRIM_PATHS = "all";
    strictDeps = true;
    cargoVendorDir = craneLib.vendorCargoDeps { cargoLock = root + "/Cargo.lock"; };
  };
  onHost = common;
  onTarget = common // {
    CARGO_PROFILE = "boot";
    # Same as in xtask/src/build.rs.
    CARGO_TARGET_AARCH64_UNKNOWN_NONE_RUSTFLAGS = "-Zlocation-detail=none";
    doCheck = false;
    # The host's tools would damage programs for the target, and debuggers need the symbols.
    dontStrip = true;
    dontPatchELF = true;
  };
  packagesFlags = lib.concatMapStrings (name: " --package ${name}");
  targetCrates = lib.attrNames (lib.filterAttrs (_: crate: !crate.onHost) crates);

  hostDependencies = craneLib.buildDepsOnly (
    onHost
    // {
      pname = "kaal-host";
      dummySrc = skeleton;
    }
  );
  targetDependencies = craneLib.buildDepsOnly (
    onTarget
    // {
      pname = "kaal-target";
      dummySrc = skeleton;
      cargoExtraArgs = "--locked --target ${target}${packagesFlags targetCrates}";
    }
  );

  # The arguments of crane's functions for one crate.
  argumentsFor =
    name:
    (if crates.${name}.onHost then onHost else onTarget)
    // {
      pname = name;
      src = sourceOf name;
      cargoArtifacts = if crates.${name}.onHost then hostDependencies else targetDependencies;
      cargoExtraArgs =
        "--locked --package ${name}" + lib.optionalString (!crates.${name}.onHost) " --target ${target}";
    };
in
{
  inherit
    crates
    argumentsFor
    filesNeededFor
    version
    ;

  # Licences, versions and sources of all dependencies.
  deny = cargoDeny (
    common
    // {
      pname = "kaal";
      src = everything;
    }
  );

  # Compares the documentation with the dependencies and the unsafe code.
  trust = craneLib.cargoTest (
    argumentsFor "kaal-tests"
    // {
      pname = "kaal-trust";
      src = everything;
      cargoTestExtraArgs = "--test trust";
    }
  );

  build = name: craneLib.buildPackage (argumentsFor name // { doCheck = false; });
}

# SPDX-License-Identifier: BSD-2-Clause

# Small stand-ins for the flake's inputs: every package is a derivation of its name, which is not
# built, and the library has the functions that the flake uses.
let
  inherit (builtins)
    attrNames
    attrValues
    compareVersions
    concatMap
    concatStringsSep
    deepSeq
    elem
    filter
    foldl'
    fromTOML
    head
    isAttrs
    isBool
    isFunction
    isList
    listToAttrs
    mapAttrs
    match
    pathExists
    readFile
    replaceStrings
    split
    stringLength
    substring
    ;

  nameValuePair = name: value: { inherit name value; };

  lib = rec {
    inherit (builtins) any;
    inherit
      attrNames
      concatMap
      concatStringsSep
      elem
      filter
      isBool
      isFunction
      listToAttrs
      mapAttrs
      nameValuePair
      ;
    inherit (builtins) genericClosure;
    genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
    intersectLists = these: filter (item: elem item these);
    mapAttrsToList = f: set: attrValues (mapAttrs f set);
    mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);
    concatMapAttrs = f: set: foldl' (all: more: all // more) { } (mapAttrsToList f set);
    filterAttrs = keep: set: removeAttrs set (filter (name: !keep name set.${name}) (attrNames set));
    recursiveUpdate =
      left: right:
      left
      // mapAttrs (
        name: value:
        if isAttrs value && isAttrs (left.${name} or null) then
          recursiveUpdate left.${name} value
        else
          value
      ) right;
    optionalAttrs = condition: set: if condition then set else { };
    optional = condition: item: if condition then [ item ] else [ ];
    optionals = condition: list: if condition then list else [ ];
    optionalString = condition: text: if condition then text else "";
    concatStrings = concatStringsSep "";
    concatMapStrings = f: list: concatStrings (map f list);
    concatMapStringsSep =
      separator: f: list:
      concatStringsSep separator (map f list);
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    escapeShellArg = text: "'${replaceStrings [ "'" ] [ "'\\''" ] (toString text)}'";
    escapeShellArgs = list: concatStringsSep " " (map escapeShellArg list);
    fileContents = file: head (match "(.*[^\n])\n*" (readFile file));
    importTOML = file: fromTOML (readFile file);
    throwIf =
      condition: message: value:
      if condition then throw message else value;
    versions = {
      major = version: head (split "\\." version);
      majorMinor = version: head (match "([0-9]+\\.[0-9]+).*" version);
    };
    versionOlder = version: other: compareVersions version other < 0;
    version = "26.05.20260808.b7c2ada";
    getName = package: package.pname or package.name;
    getLib = package: package;
    getExe = package: "${package}/bin/${package.meta.mainProgram}";
    fileset = {
      difference = from: files: [
        from
        files
      ];
      fileFilter = _: path: path;
      toSource = { root, fileset }: deepSeq (checked fileset) (toString root);
      union = left: right: [
        left
        right
      ];
      unions = files: files;
    };
  };

  # Fails if a file of the set doesn't exist.
  checked =
    files:
    if isList files then
      map checked files
    else if pathExists files then
      files
    else
      throw "the flake reads ${toString files}, which doesn't exist";

  packageSet =
    system:
    let
      package =
        name: attributes:
        let
          self =
            derivation {
              inherit name system;
              builder = "/bin/sh";
              # This evaluates all inputs of the package.
              inputs = builtins.toJSON (
                removeAttrs attributes [
                  "passthru"
                  "meta"
                ]
              );
            }
            // {
              inherit name;
              meta.mainProgram = name;
              overrideAttrs =
                change: package name (attributes // (if isFunction change then change attributes else change));
            }
            // optionalOf attributes [
              "meta"
              "pname"
            ]
            // attributes.passthru or { };
        in
        self;
      optionalOf =
        set: names:
        listToAttrs (
          concatMap (name: if set ? ${name} then [ (nameValuePair name set.${name}) ] else [ ]) names
        );
      fromArguments = attributes: package (attributes.name or attributes.pname) attributes;
      plain = lib.genAttrs [
        "cmake"
        "deadnix"
        "dosfstools"
        "dtc"
        "gdb"
        "libxml2"
        "mdbook"
        "mtools"
        "ninja"
        "nixfmt"
        "qemu"
        "statix"
        "taplo"
        "treefmt"
        "ubootTools"
      ] (name: package name { });
    in
    plain
    // {
      inherit lib;
      cargo-deny = package "cargo-deny" { } // {
        version = "0.20.2";
      };
      runtimeShell = "/bin/sh";
      stdenv = {
        hostPlatform = { inherit system; };
        buildPlatform.isDarwin = match ".*-darwin" system != null;
      };
      stdenvNoCC.mkDerivation = fromArguments;
      runCommand =
        name: attributes: script:
        package name (attributes // { inherit script; });
      writeShellApplication = fromArguments;
      writeText = name: text: package name { inherit text; };
      symlinkJoin = fromArguments;
      linkFarm = name: members: package name { inherit members; };
      mkShell = attributes: package "shell" attributes;
      python3.withPackages =
        choose:
        package "python3" {
          modules = choose (
            lib.genAttrs [ "jinja2" "jsonschema" "lxml" "ply" "pyfdt" "pyyaml" ] (name: package name { })
          );
        };
      # On aarch64-linux, there is no cross compiler: nixpkgs makes this the native set there.
      pkgsCross.aarch64-multiplatform = {
        stdenv.cc = package "gcc" { } // {
          targetPrefix = lib.optionalString (system != "aarch64-linux") "aarch64-unknown-linux-gnu-";
        };
        ubootQemuAarch64 = package "u-boot" { };
      };
      llvmPackages = lib.genAttrs [ "libclang" "lld" "llvm" ] (name: package name { }) // {
        clang-unwrapped = package "clang" { } // {
          version = "21.1.0";
        };
      };
    };

  craneLib =
    pkgs:
    let
      build = attributes: pkgs.runCommand attributes.pname attributes "";
    in
    {
      overrideToolchain = _: craneLib pkgs;
      mkDummySrc = attributes: pkgs.runCommand "source" attributes "";
      vendorCargoDeps =
        { cargoLock, ... }: pkgs.runCommand "vendor" { packages = lib.importTOML cargoLock; } "";
    }
    // lib.genAttrs [
      "buildDepsOnly"
      "buildPackage"
      "cargoClippy"
      "cargoDeny"
      "cargoDoc"
      "cargoFmt"
      "cargoTest"
      "mkCargoDerivation"
    ] (_: build);
in
{ systems, sel4 }:
{
  nixpkgs = {
    inherit lib;
    legacyPackages = lib.genAttrs systems packageSet;
  };
  crane.mkLib = craneLib;
  fenix.packages = lib.genAttrs systems (
    system:
    let
      component = name: (packageSet system).runCommand name { } "";
    in
    {
      combine = parts: (packageSet system).runCommand "rust" { inherit parts; } "";
      latest = lib.genAttrs [ "cargo" "clippy" "rustc" "rustfmt" ] component;
      targets.aarch64-unknown-none.latest.rust-std = component "rust-std";
    }
  );
  inherit sel4;
}

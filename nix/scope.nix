# SPDX-License-Identifier: BSD-2-Clause

# Everything that KaaL builds with one package set.
{ inputs, pkgs }:
let
  inherit (pkgs) lib;
  inherit (pkgs.stdenv.hostPlatform) system;
  scope = import ./functions.nix { inherit lib; } // {
    # Calls the function in `file` with the attributes that its arguments name.
    call =
      file:
      let
        function = import file;
      in
      function (builtins.intersectAttrs (builtins.functionArgs function) (pkgs // scope));

    # Inputs
    sel4Source = inputs.sel4;
    platforms = scope.call ./platforms.nix;
    toolchain = import ./toolchain.nix {
      fenix =
        inputs.fenix.packages.${system}
          or (throw "KaaL: there is no Rust compiler for the system \"${system}\"");
    };
    craneLib =
      lib.throwIf (lib.versionOlder (lib.versions.majorMinor lib.version) "26.05")
        "KaaL: nixpkgs 26.05 or newer is needed, but the given one is ${lib.version}: update nixpkgs"
        ((inputs.crane.mkLib pkgs).overrideToolchain scope.toolchain);
    cargoDeny =
      lib.throwIf (lib.versionOlder pkgs.cargo-deny.version "0.20")
        "KaaL: cargo-deny 0.20 or newer is needed, but the given nixpkgs has ${pkgs.cargo-deny.version}: update nixpkgs"
        scope.craneLib.cargoDeny;
    workspace = scope.call ./workspace.nix;

    # The same for every platform
    builder = scope.call ./packages/builder.nix;
    elfloader = scope.workspace.build "kaal-elfloader";
    unpacker = scope.workspace.build "kaal-unpacker";
    efiStub = scope.workspace.build "kaal-efi-stub";
    probe = scope.call ./packages/probe.nix;
    book = scope.call ./packages/book.nix;
    kernelTools = scope.call ./kernel-tools.nix;
    kernelToolchains = scope.call ./kernel-toolchains.nix;
    firmwares = scope.call ./firmwares.nix;

    # For one platform, variant or root task
    choosePlatform = scope.call ./choose-platform.nix;
    rootTaskArguments = scope.call ./packages/root-task/arguments.nix;
    rootTaskSources = scope.call ./packages/root-task/sources.nix;
    rootTaskChecks = scope.call ./packages/root-task/checks.nix;
    mkDeviceTree = scope.call ./packages/device-tree.nix;
    mkKernel = scope.call ./packages/kernel.nix;
    mkRootTask = scope.call ./packages/root-task;
    mkDevices = scope.call ./packages/devices.nix;
    mkRunner = scope.call ./packages/runner.nix;
    packBootImage = scope.call ./packages/bootimage.nix;
    mkBootImage = scope.call ./mk-boot-image.nix;
    mkFirmwareImage = scope.call ./packages/firmware-image.nix;
    mkMicrokitImage = scope.call ./packages/microkit-image.nix;
    mkBootTest = scope.call ./packages/boot-test.nix;

    # Images with KaaL's root task, by platform and variant
    kaalRootTask = scope.call ./packages/kaal-root-task.nix;
    images = scope.call ./images.nix;

    # Images with KaaL's root task and components of others
    mkComponents = scope.call ./packages/components.nix;
    mkSystem = scope.call ./mk-system.nix;

    # Checks by group and name
    checks = scope.call ./checks;
  };
in
scope

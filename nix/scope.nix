# SPDX-License-Identifier: BSD-2-Clause

# Everything that KaaL builds with one package set.
{ inputs, pkgs }:
let
  inherit (pkgs) lib;
  inherit (pkgs.stdenv.hostPlatform) system;
  scope = {
    # Calls the function in `file` with the attributes that its arguments name.
    call =
      file:
      let
        function = import file;
      in
      function (builtins.intersectAttrs (builtins.functionArgs function) (pkgs // scope));

    # Inputs
    sel4Source = inputs.sel4;
    platforms = import ./platforms.nix { inherit lib; };
    toolchain = import ./toolchain.nix {
      fenix =
        inputs.fenix.packages.${system}
          or (throw "KaaL: there is no Rust compiler for the system \"${system}\"");
    };
    craneLib =
      lib.throwIf (lib.versionOlder (lib.versions.majorMinor lib.version) "26.05")
        "KaaL: nixpkgs 26.05 or newer is needed, but the given one is ${lib.version}: update nixpkgs"
        ((inputs.crane.mkLib pkgs).overrideToolchain scope.toolchain);
    cargoDeny = scope.call ./cargo-deny.nix;
    workspace = scope.call ./workspace.nix;
    rustSel4Hashes = import ./rust-sel4-hashes.nix;

    # The same for every platform
    builder = scope.call ./packages/builder.nix;
    elfloader = scope.call ./packages/elfloader.nix;
    unpacker = scope.call ./packages/unpacker.nix;
    probe = scope.call ./packages/probe.nix;
    book = scope.call ./packages/book.nix;
    kernelTools = scope.call ./kernel-tools.nix;
    kernelToolchains = scope.call ./kernel-toolchains.nix;

    # Functions of a platform, a variant or a root task
    choose = scope.call ./choose.nix;
    choosePlatform = scope.call ./choose-platform.nix;
    mkDeviceTree = scope.call ./packages/device-tree.nix;
    mkKernel = scope.call ./packages/kernel.nix;
    mkRootTask = scope.call ./packages/root-task.nix;
    mkRunner = scope.call ./packages/runner.nix;
    packBootImage = scope.call ./packages/bootimage.nix;
    mkBootImage = scope.call ./mk-boot-image.nix;
    mkQemu = scope.call ./packages/qemu.nix;
    mkBootTest = scope.call ./packages/boot-test.nix;

    # KaaL's own images, by platform and variant
    kaalRootTask = scope.call ./packages/kaal-root-task.nix;
    images = scope.call ./images.nix;

    # By group and name
    checks = scope.call ./checks;
  };
in
scope

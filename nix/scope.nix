# SPDX-License-Identifier: BSD-2-Clause

# Everything that KaaL builds with one package set.
{ inputs, pkgs }:
let
  inherit (pkgs) lib;
  scope = {
    inherit lib;
    callPackage = lib.callPackageWith (pkgs // scope);

    # Inputs
    sel4Source = inputs.sel4;
    platforms = import ./platforms.nix { inherit lib; };
    toolchain = import ./toolchain.nix {
      fenix = inputs.fenix.packages.${pkgs.stdenv.hostPlatform.system};
    };
    craneLib = (inputs.crane.mkLib pkgs).overrideToolchain scope.toolchain;
    workspace = scope.callPackage ./workspace.nix { };
    rustSel4Hashes = import ./rust-sel4-hashes.nix;

    # What is the same for every platform
    builder = scope.callPackage ./packages/builder.nix { };
    elfloader = scope.callPackage ./packages/elfloader.nix { };
    probe = scope.callPackage ./packages/probe.nix { };
    kernelToolchains = scope.callPackage ./kernel-toolchains.nix { };

    # What there is one of for each platform, variant or root task
    choosePlatform = scope.callPackage ./choose-platform.nix { };
    mkDeviceTree = scope.callPackage ./packages/device-tree.nix { };
    mkKernel = scope.callPackage ./packages/kernel.nix { };
    mkRootTask = scope.callPackage ./packages/root-task.nix { };
    mkRunner = scope.callPackage ./packages/runner.nix { };
    mkBootImage = scope.callPackage ./packages/bootimage.nix { };
    mkQemu = scope.callPackage ./packages/qemu.nix { };
    mkBootTest = scope.callPackage ./packages/boot-test.nix { };

    # KaaL's own images, by platform and variant
    images = scope.callPackage ./images.nix { };
  };
in
scope

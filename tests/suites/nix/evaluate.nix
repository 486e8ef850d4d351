# SPDX-License-Identifier: BSD-2-Clause

# Evaluates the flake with the stand-ins for its inputs: the path of every derivation, by kind of
# output.
let
  flake = import ../../../flake.nix;
  systems = [
    "x86_64-linux"
    "aarch64-linux"
    "aarch64-darwin"
  ];
  inputs = import ./stand-ins.nix {
    inherit systems;
    sel4 = toString ./sel4;
  };
  packages = inputs.nixpkgs.legacyPackages.x86_64-linux;
  outputs = flake.outputs (inputs // { self = outputs; });

  bootImage =
    arguments:
    outputs.lib.mkBootImage (
      {
        pkgs = packages;
        platform = "qemu-arm-virt";
        rootTask = "/root-task.elf";
      }
      // arguments
    );

  microkitImage =
    arguments:
    outputs.lib.mkMicrokitImage (
      {
        pkgs = packages;
        sdk = "/sdk";
        board = "qemu_virt_aarch64";
        config = "debug";
        system = "/loader.img";
      }
      // arguments
    );

  system =
    arguments:
    outputs.lib.mkSystem (
      {
        pkgs = packages;
        platform = "qemu-arm-virt";
        src = toString ../../../nix/template-system;
      }
      // arguments
    );

  pathsOf =
    value:
    if value.type or null == "derivation" then value.drvPath else builtins.mapAttrs (_: pathsOf) value;
in
{
  paths = builtins.mapAttrs (_: pathsOf) {
    inherit (outputs)
      packages
      checks
      devShells
      formatter
      hydraJobs
      ;
  };

  # By kind of output and system; templates are for all systems.
  names =
    builtins.mapAttrs (_: builtins.mapAttrs (_: builtins.attrNames)) {
      inherit (outputs) packages checks devShells;
    }
    // {
      templates = builtins.attrNames outputs.templates;
    };

  # Package sets with old versions.
  oldPackages = {
    nixpkgs = packages // {
      lib = packages.lib // {
        version = "25.11.20251201.abcdef0";
      };
    };
    cargoDeny = packages // {
      cargo-deny = packages.cargo-deny // {
        version = "0.19.4";
      };
    };
  };
  deny = pkgs: (outputs.overlays.default pkgs { }).kaal.workspace.deny.drvPath;

  image = arguments: (bootImage arguments).drvPath;
  firmwareImage =
    arguments:
    (outputs.lib.mkFirmwareImage {
      pkgs = packages;
      image = bootImage arguments;
    }).drvPath;

  # The options of the builder, and the path of the boot test.
  microkitImage =
    arguments:
    let
      image = microkitImage arguments;
    in
    {
      inherit (image) inputs;
      bootTest =
        (outputs.lib.mkBootTest {
          pkgs = packages;
          inherit image;
          sentinel = "hello, world";
        }).drvPath;
    };

  # The path of the boot test, and what the root task is built from.
  system =
    arguments:
    let
      mine = system arguments;
    in
    {
      bootTest = mine.checks.boot.drvPath;
      inherit (mine.packages.default.rootTask) inputs;
    };

  # By system, the options of the kernel's build for each compiler.
  kernelToolchains = builtins.mapAttrs (
    _: pkgs:
    builtins.mapAttrs (_: toolchain: toolchain.cmakeFlags)
      (outputs.overlays.default pkgs { }).kaal.kernelToolchains
  ) inputs.nixpkgs.legacyPackages;

  overlaid = (outputs.overlays.default packages { }).kaal.builder.drvPath;
}

# SPDX-License-Identifier: BSD-2-Clause
{
  description = "A seL4 system of components that KaaL boots";

  inputs = {
    kaal.url = "github:kaal-project/kaal";
    nixpkgs.follows = "kaal/nixpkgs";
  };

  outputs =
    { kaal, nixpkgs, ... }:
    let
      inherit (nixpkgs) lib;
      systems = lib.genAttrs (lib.attrNames kaal.packages) (
        system:
        kaal.lib.mkSystem {
          pkgs = nixpkgs.legacyPackages.${system};
          src = ./.;
          platform = "qemu-arm-virt";
          # variant = "hyp";
          # kernelConfig = { KernelRootCNodeSizeBits = 18; };
          sentinel = "[visitor] visit 3";
        }
      );
    in
    {
      packages = lib.mapAttrs (_: system: system.packages) systems;
      checks = lib.mapAttrs (_: system: system.checks) systems;
    };
}

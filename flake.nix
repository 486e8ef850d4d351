# SPDX-License-Identifier: BSD-2-Clause
{
  description = "KaaL: a seL4 kernel, a root task and a Rust loader in one bootable image";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    crane.url = "github:ipetkov/crane";
    fenix = {
      url = "github:nix-community/fenix";
      inputs.nixpkgs.follows = "nixpkgs";
      # Only fenix's rust-analyzer needs it.
      inputs.rust-analyzer-src.follows = "";
    };
    sel4 = {
      url = "github:seL4/seL4/16.0.0";
      flake = false;
    };
  };

  outputs =
    inputs@{ self, nixpkgs, ... }:
    let
      inherit (nixpkgs) lib;
      # Those of these systems that nixpkgs supports.
      systems = lib.intersectLists [
        "x86_64-linux"
        "aarch64-linux"
        "aarch64-darwin"
      ] (lib.attrNames nixpkgs.legacyPackages);
      kaalFor = pkgs: import ./nix/scope.nix { inherit inputs pkgs; };
      scopes = lib.genAttrs systems (system: kaalFor nixpkgs.legacyPackages.${system});
      eachSystem = f: lib.mapAttrs (_: f) scopes;
    in
    {
      packages = eachSystem (kaal: kaal.call ./nix/packages);
      checks = eachSystem (kaal: lib.concatMapAttrs (_: group: group) kaal.checks);
      devShells = eachSystem (kaal: {
        default = kaal.call ./nix/dev-shell.nix;
      });
      formatter = eachSystem (kaal: kaal.call ./nix/formatter.nix);

      lib = import ./nix/lib.nix { inherit lib kaalFor; };
      overlays.default = final: _: { kaal = kaalFor final; };
      templates.default = {
        path = ./nix/template;
        description = "A seL4 system of your own: a root task in Rust, booted by KaaL";
      };
      templates.system = {
        path = ./nix/template-system;
        description = "A seL4 system of your own: components for KaaL's root task";
      };
      hydraJobs = {
        inherit (self) packages checks devShells;
      };
    };
}

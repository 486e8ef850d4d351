# SPDX-License-Identifier: BSD-2-Clause

# `nix fmt`: Rust, Nix and TOML.
{
  writeShellApplication,
  writers,
  nixfmt,
  taplo,
  toolchain,
  treefmt,
}:
let
  settings = writers.writeTOML "treefmt.toml" {
    formatter = {
      nix = {
        command = "nixfmt";
        includes = [ "*.nix" ];
      };
      rust = {
        command = "rustfmt";
        options = [
          "--edition"
          "2024"
        ];
        includes = [ "*.rs" ];
      };
      toml = {
        command = "taplo";
        options = [ "format" ];
        includes = [ "*.toml" ];
      };
    };
  };
in
writeShellApplication {
  name = "treefmt";
  runtimeInputs = [
    nixfmt
    taplo
    toolchain
    treefmt
  ];
  text = ''
    exec treefmt --config-file ${settings} --tree-root-file flake.nix "$@"
  '';
}

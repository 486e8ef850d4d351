# SPDX-License-Identifier: BSD-2-Clause

# `nix fmt`: treefmt with the formatters of treefmt.toml.
{
  writeShellApplication,
  nixfmt,
  taplo,
  toolchain,
  treefmt,
}:
writeShellApplication {
  name = "treefmt";
  runtimeInputs = [
    nixfmt
    taplo
    toolchain
    treefmt
  ];
  text = "exec treefmt \"$@\"";
}

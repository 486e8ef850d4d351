# SPDX-License-Identifier: BSD-2-Clause

# Format and lints of the .nix files.
{
  lib,
  runCommand,
  deadnix,
  nixfmt,
  statix,
}:
let
  source = lib.fileset.toSource {
    root = ../..;
    fileset = lib.fileset.fileFilter (file: file.hasExt "nix") ../..;
  };
in
runCommand "nix-style"
  {
    nativeBuildInputs = [
      deadnix
      nixfmt
      statix
    ];
  }
  ''
    cd ${source}
    find . -name '*.nix' -exec nixfmt --check {} +
    deadnix --fail .
    statix check .
    touch $out
  ''

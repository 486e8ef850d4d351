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
  root = ../..;
  source = lib.fileset.toSource {
    inherit root;
    fileset = lib.fileset.fileFilter (file: file.hasExt "nix") root;
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

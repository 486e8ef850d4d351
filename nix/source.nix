# SPDX-License-Identifier: BSD-2-Clause

# The given files and folders of the checkout, in the Nix store.
{ lib }:
paths:
let
  root = ../.;
in
lib.fileset.toSource {
  inherit root;
  fileset = lib.fileset.unions (map (path: root + "/${path}") paths);
}

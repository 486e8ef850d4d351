# SPDX-License-Identifier: BSD-2-Clause

# The sources of KaaL's root task and components, with the crates that they share with the loader.
{
  lib,
  source,
  workspace,
}:
let
  inherit ((lib.importTOML ../../../root-task/Cargo.toml).workspace) dependencies;
  shared = lib.filter (name: workspace.crates ? ${name}) (lib.attrNames dependencies);
in
source (
  [
    "Cargo.toml"
    "root-task"
  ]
  ++ lib.concatMap workspace.filesNeededFor shared
)

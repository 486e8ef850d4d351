# SPDX-License-Identifier: BSD-2-Clause

# KaaL's own root task for a kernel.
{
  lib,
  mkRootTask,
  workspace,
}:
let
  inherit (lib) fileset;
  root = ../..;
  folder = "root-task";
in
kernel:
mkRootTask {
  inherit kernel folder;
  inherit (workspace) version;
  pname = "kaal-root-task";
  # Same as in xtask/src/root_task.rs.
  rustflags = [
    "-Crelocation-model=static"
    "-Clink-arg=-zmax-page-size=4096"
    "-Clink-arg=-zseparate-loadable-segments"
    "-Clink-arg=-znorelro"
    "-Cforce-unwind-tables=no"
    "-Zlocation-detail=none"
  ];
  components = lib.attrNames (builtins.readDir (root + "/${folder}/components"));
  src = fileset.toSource {
    inherit root;
    fileset = fileset.unions [
      (root + "/Cargo.toml")
      (root + "/${folder}")
      (workspace.filesNeededFor "kaal-devicetree")
    ];
  };
}

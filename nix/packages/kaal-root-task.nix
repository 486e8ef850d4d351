# SPDX-License-Identifier: BSD-2-Clause

# KaaL's own root task for a kernel.
{
  lib,
  mkRootTask,
  source,
  workspace,
}:
kernel:
let
  inherit ((lib.importTOML ../../root-task/Cargo.toml).workspace) dependencies;
  shared = lib.filter (name: workspace.crates ? ${name}) (lib.attrNames dependencies);
in
mkRootTask {
  inherit kernel;
  inherit (workspace) version;
  pname = "kaal-root-task";
  # Same as in xtask/src/root_task/mod.rs.
  rustflags = [
    "-Crelocation-model=static"
    "-Clink-arg=-zmax-page-size=4096"
    "-Clink-arg=-zseparate-loadable-segments"
    "-Clink-arg=-znorelro"
    "-Cforce-unwind-tables=no"
  ];
  components = lib.attrNames (builtins.readDir ../../root-task/components);
  folder = "root-task";
  src = source (
    [
      "Cargo.toml"
      "root-task"
    ]
    ++ lib.concatMap workspace.filesNeededFor shared
  );
}

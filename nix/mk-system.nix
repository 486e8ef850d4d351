# SPDX-License-Identifier: BSD-2-Clause

# A system of components: its image, which boots into KaaL's root task, and a check that boots it.
#
# `src` is a Cargo workspace, all programs of which are components. `system` is the list of components that start; its
# other components are KaaL's. The check waits for the text `sentinel`. The other attributes are mkBootImage's.
{
  lib,
  kaalRootTask,
  mkBootImage,
  mkBootTest,
  mkComponents,
  runCommand,
}:
{
  src,
  system ? src + "/system.toml",
  sentinel ? "KAAL_SYSTEM_READY",
  ...
}@arguments:
let
  rootTask =
    kernel:
    let
      ofKaal = kaalRootTask kernel;
      own = mkComponents { inherit kernel src; };
      programs = runCommand "components-${kernel.platform.name}" { } ''
        mkdir $out
        ln -sf ${ofKaal.components}/bin/* ${own}/bin/* $out/
      '';
    in
    ofKaal.overrideAttrs {
      KAAL_COMPONENTS = programs;
      KAAL_SYSTEM = system;
    };
  bootimage = mkBootImage (
    removeAttrs arguments [
      "src"
      "system"
      "sentinel"
    ]
    // {
      inherit rootTask;
    }
  );
in
lib.throwIf (!builtins.pathExists (src + "/Cargo.lock"))
  "KaaL: src = ${toString src} has no Cargo.lock: run `cargo generate-lockfile`, and `git add` it"
  (
    lib.throwIf (!builtins.pathExists system)
      "KaaL: system = ${toString system} doesn't exist: name the list of components, and `git add` it"
      {
        packages = {
          inherit bootimage;
          default = bootimage;
        };
        checks.boot = mkBootTest {
          image = bootimage;
          inherit sentinel;
        };
      }
  )

# SPDX-License-Identifier: BSD-2-Clause

# crane's `cargoDeny`, if cargo-deny is new enough for every setting in deny.toml.
{
  lib,
  cargo-deny,
  craneLib,
}:
let
  inherit (cargo-deny) version;
in
lib.throwIf (lib.versionOlder version "0.20")
  "KaaL: cargo-deny 0.20 or newer is needed, but the given nixpkgs has ${version}: update nixpkgs"
  craneLib.cargoDeny

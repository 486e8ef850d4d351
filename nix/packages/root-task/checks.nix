# SPDX-License-Identifier: BSD-2-Clause

# Checks of a root task by KaaL's own rules.
{ cargoDeny, craneLib }:
arguments: environment:
let
  sources = {
    inherit (arguments)
      pname
      version
      src
      unpackPhase
      ;
  };
in
{
  clippy = craneLib.cargoClippy (
    arguments
    // environment
    // {
      cargoExtraArgs = "${arguments.cargoExtraArgs} --workspace";
      cargoClippyExtraArgs = "-- -Dwarnings";
    }
  );
  deny = cargoDeny (
    sources
    // {
      inherit (arguments) cargoVendorDir;
      cargoDenyExtraArgs = "--config ${../../../deny.toml}";
    }
  );
  # File by file: `cargo fmt` requires the workspaces of all path dependencies.
  fmt = craneLib.mkCargoDerivation (
    sources
    // {
      pnameSuffix = "-fmt";
      cargoArtifacts = null;
      cargoVendorDir = null;
      doInstallCargoArtifacts = false;
      buildPhaseCargoCommand = "find . -name '*.rs' -exec rustfmt --check --edition 2024 {} +";
      installPhaseCommand = "mkdir $out";
    }
  );
}

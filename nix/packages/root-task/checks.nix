# SPDX-License-Identifier: BSD-2-Clause

# Checks of a root task by KaaL's own rules.
{
  runCommand,
  cargoDeny,
  craneLib,
  toolchain,
}:
arguments: environment:
{
  clippy = craneLib.cargoClippy (
    arguments
    // environment
    // {
      cargoExtraArgs = "${arguments.cargoExtraArgs} --workspace";
      cargoClippyExtraArgs = "-- -Dwarnings";
    }
  );
  deny = cargoDeny {
    inherit (arguments)
      pname
      version
      src
      unpackPhase
      cargoVendorDir
      ;
    cargoDenyExtraArgs = "--config ${../../../deny.toml}";
  };
  # File by file: `cargo fmt` requires the workspaces of all path dependencies.
  fmt = runCommand "${arguments.pname}-fmt" { nativeBuildInputs = [ toolchain ]; } ''
    ${arguments.unpackPhase}
    find . -name '*.rs' -exec rustfmt --check --edition 2024 {} +
    mkdir $out
  '';
}

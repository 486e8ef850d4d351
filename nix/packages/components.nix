# SPDX-License-Identifier: BSD-2-Clause

# All programs of a Cargo workspace, as components for a kernel. Its folder `kaal`, a link to a checkout, is replaced by
# the sources of this KaaL.
{
  craneLib,
  rootTaskArguments,
  rootTaskSources,
  runCommand,
}:
{ kernel, src }:
let
  arguments = rootTaskArguments {
    inherit kernel src;
    pname = "components";
    rustflags = import ./root-task/flags.nix;
    compiled = runCommand "system-source" { } ''
      cp --recursive --no-preserve=mode ${src}/. $out
      rm -rf $out/kaal
      ln -s ${rootTaskSources} $out/kaal
    '';
  };
in
craneLib.buildPackage (
  arguments
  // {
    # Cargo can't compile the dependencies alone: some are in KaaL's sources.
    cargoArtifacts = null;
    buildPhaseCargoCommand = ''
      cargoWithProfile build --message-format json-render-diagnostics ${arguments.cargoExtraArgs} \
        --workspace --bins > $cargoBuildLog
    '';
    meta.description = "Components for KaaL's root task on ${kernel.platform.name}";
  }
)

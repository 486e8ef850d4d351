# SPDX-License-Identifier: BSD-2-Clause

# The boot tests of the workspace: the probe kernels on every machine that they support, and damaged
# images. The output is the tests' log.
{
  lib,
  craneLib,
  qemu,
  workspace,
  builder,
  elfloader,
  unpacker,
  efiStub,
  probe,
}:
craneLib.mkCargoDerivation (
  workspace.argumentsFor "kaal-tests"
  // {
    pnameSuffix = "-boot";
    nativeBuildInputs = [ qemu ];
    doInstallCargoArtifacts = false;
    # The tests look for the programs in the folders of `cargo xtask build`.
    buildPhaseCargoCommand = ''
      mkdir -p target/kaal target/release
      cp ${lib.getExe builder} target/release/
      for program in ${elfloader}/bin/* ${unpacker}/bin/* ${efiStub}/bin/* ${probe}/bin/*; do
        cp $program target/kaal/''${program##*/kaal-}.elf
      done
      chmod -R u+w target/kaal target/release
      # `cargo xtask watch` would build the programs again.
      cargoWithProfile test --locked --package kaal-tests --test boot --test shells -- --skip watch:: 2>&1 | tee boot.log
    '';
    installPhaseCommand = "cp boot.log $out";
  }
)

# SPDX-License-Identifier: BSD-2-Clause

# The boot tests of the workspace, with the probe kernels on all their machines and with damaged
# images. The output is the tests' log.
{
  lib,
  craneLib,
  qemu,
  workspace,
  builder,
  elfloader,
  unpacker,
  probe,
}:
craneLib.mkCargoDerivation (
  workspace.argumentsFor "kaal-tests"
  // {
    pnameSuffix = "-boot";
    nativeBuildInputs = [ qemu ];
    doInstallCargoArtifacts = false;
    # The tests look for the programs where `cargo xtask build` writes them.
    buildPhaseCargoCommand = ''
      mkdir -p target/kaal target/release
      cp ${lib.getExe builder} target/release/
      cp ${elfloader}/bin/kaal-elfloader target/kaal/elfloader.elf
      cp ${elfloader}/bin/kaal-elfloader-signed target/kaal/elfloader-signed.elf
      cp ${lib.getExe unpacker} target/kaal/unpacker.elf
      cp ${probe}/bin/kaal-probe target/kaal/probe.elf
      cp ${probe}/bin/kaal-probe-hyp target/kaal/probe-hyp.elf
      cp ${probe}/bin/kaal-probe-high target/kaal/probe-high.elf
      cp ${probe}/bin/kaal-probe-high-hyp target/kaal/probe-high-hyp.elf
      cp ${probe}/bin/kaal-probe-task target/kaal/probe-task.elf
      cp ${probe}/bin/kaal-flips target/kaal/flips.elf
      chmod -R u+w target/kaal target/release
      # The tests of `cargo xtask watch` would build the programs again.
      cargoWithProfile test --locked --package kaal-tests --test boot --test shells -- --skip watch:: 2>&1 | tee boot.log
    '';
    installPhaseCommand = ''
      cp boot.log $out
    '';
  }
)

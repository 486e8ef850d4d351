# SPDX-License-Identifier: BSD-2-Clause

# A root task in Rust, on the crates of rust-sel4, built against a kernel. `src` holds a Cargo
# package with a binary of its name, in `folder`; Cargo reads its settings there and above.
{
  lib,
  craneLib,
  llvmPackages,
  rustSel4Hashes,
}:
{
  kernel,
  src,
  folder ? ".",
  pname,
  version ? "0.1.0",
  outputHashes ? { },
}:
let
  inherit (kernel) platform;
  cargoLock = "${src}/${folder}/Cargo.lock";
  arguments = {
    pname = "${pname}-${platform.name}";
    inherit src version;
    strictDeps = true;
    doCheck = false;
    cargoVendorDir = craneLib.vendorCargoDeps {
      inherit cargoLock;
      outputHashes = rustSel4Hashes // outputHashes;
    };
    cargoExtraArgs = "--locked --target aarch64-unknown-none";
    postUnpack = ''
      cd $sourceRoot/${folder}
      sourceRoot=.
    '';
    # rust-sel4 generates its bindings from the kernel's headers.
    SEL4_PREFIX = kernel;
    LIBCLANG_PATH = "${lib.getLib llvmPackages.libclang}/lib";
    # A program for the target: the host's tools would harm it, and debuggers want the symbols.
    dontStrip = true;
    dontPatchELF = true;
  };
in
craneLib.buildPackage (
  arguments
  // {
    cargoArtifacts = craneLib.buildDepsOnly (
      arguments
      // {
        extraDummyScript = "cp ${builtins.toFile "Cargo.lock" (builtins.readFile cargoLock)} $out/${folder}/Cargo.lock";
      }
    );
    meta = {
      description = "A root task for seL4 on ${platform.name}";
      mainProgram = pname;
    };
  }
)

# SPDX-License-Identifier: BSD-2-Clause

# Builds all parts of an image and their dependencies again: in another folder, with another umask and
# clock, from files that were written in another order. The image must be the same. Neither the image
# nor its manifest may contain a path of the build. The manifests may differ: they name the hashes of
# whole programs, whose debug information contains the folder of the build.
{
  lib,
  runCommand,
  builder,
  elfloader,
  images,
  kernelOptions,
}:
let
  inherit (images.qemu-arm-virt) default;

  folder = "another/folder";

  again =
    package: phase: script: variables:
    package.overrideAttrs (
      previous:
      {
        name = "${lib.getName package}-again";
        cargoArtifacts = null;
        ${phase} = ''
          umask 077
          export SOURCE_DATE_EPOCH=1000000000
          ${script}
        ''
        + previous.${phase} or "";
      }
      // variables
    );

  againElsewhere =
    package:
    again package "postUnpack" ''
      mv $sourceRoot first
      sourceRoot=${folder}
      mkdir -p $sourceRoot
      (cd first && find . ! -type d) | sort --reverse > files
      tar --create --directory first --files-from files |
        tar --extract --no-same-permissions --directory $sourceRoot
      rm -r first files
    '' { };

  # Cargo compiles the root task's sources in the store, but writes to another folder.
  againInPlace =
    package: variables:
    again package "unpackPhase" "mkdir -p ${folder} && cd ${folder}" (
      { SEL4_PREFIX = kernel; } // variables
    );

  kernel = againElsewhere default.kernel;
  loader = againElsewhere elfloader;
  components = againInPlace default.rootTask.components { };
  rootTask = againInPlace default.rootTask { KAAL_COMPONENTS = "${components}/bin"; };
in
runCommand "reproducible" { nativeBuildInputs = [ builder ]; } ''
  umask 077
  mkdir -p "another folder"
  cd "another folder"
  cp ${lib.getExe rootTask} app
  cp ${kernel}/bin/kernel.elf kernel
  cp ${lib.getExe loader} loader
  kaal-elfloader-builder --no-config --loader loader --kernel kernel --app app \
    ${kernelOptions kernel} --out again.elf
  cmp ${default}/bootimage.elf again.elf

  for path in ${builtins.storeDir} "$NIX_BUILD_TOP/source" ${folder}; do
    if grep --quiet --text --fixed-strings "$path" again.elf again.elf.json; then
      echo "KaaL: the image or its manifest contains a path of the machine that built it: $path" >&2
      exit 1
    fi
  done
  sha256sum again.elf > $out
''

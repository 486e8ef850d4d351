# SPDX-License-Identifier: BSD-2-Clause

# Builds all parts of an image again, with their dependencies: in another folder, with another umask and
# clock, from files written in another order. The image must be the same, and neither it nor its manifest may
# hold a path of the build. The manifests can differ: they have the hashes of whole programs, whose debug
# information holds the build folder.
{
  lib,
  runCommand,
  builder,
  elfloader,
  images,
}:
let
  inherit (images.qemu-arm-virt) default;

  folder = "another/folder";

  again =
    package: unpack:
    package.overrideAttrs (
      previous:
      {
        name = "${lib.getName package}-again";
        cargoArtifacts = null;
      }
      // lib.mapAttrs (
        phase: script:
        ''
          umask 077
          export SOURCE_DATE_EPOCH=1000000000
          ${script}
        ''
        + previous.${phase} or ""
      ) unpack
    );

  againElsewhere =
    package:
    again package {
      postUnpack = ''
        mv $sourceRoot first
        sourceRoot=${folder}
        mkdir -p $sourceRoot
        (cd first && find . ! -type d) | sort --reverse > files
        tar --create --directory first --files-from files |
          tar --extract --no-same-permissions --directory $sourceRoot
        rm -r first files
      '';
    };

  # The root task's sources stay in the store. Cargo writes to another folder.
  againInPlace =
    package: variables:
    (again package {
      unpackPhase = ''
        mkdir -p ${folder}
        cd ${folder}
      '';
    }).overrideAttrs
      ({ SEL4_PREFIX = kernel; } // variables);

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
    --dtb ${kernel}/support/kernel.dtb \
    --platform ${kernel}/support/platform_gen.yaml \
    --kernel-config ${kernel}/libsel4/include/kernel/gen_config.json \
    ${lib.escapeShellArgs default.platform.builderOptions} \
    --out again.elf
  cmp ${default}/bootimage.elf again.elf

  for path in ${builtins.storeDir} "$NIX_BUILD_TOP/source" ${folder}; do
    if grep --quiet --text --fixed-strings "$path" again.elf again.elf.json; then
      echo "KaaL: the image or its manifest holds a path of the machine that built it: $path" >&2
      exit 1
    fi
  done
  sha256sum again.elf > $out
''

# SPDX-License-Identifier: BSD-2-Clause

# All parts of an image built again: in another folder, under another umask and clock, from files
# that were written in another order. The image must be the same, and neither
# it nor its manifest hold a path of the build. The manifests may differ: they name the programs' whole
# files, whose debug information holds the folder that they were built in.
# Only the root task is built in the same folder: it uses crates from outside of its workspace, which
# Cargo tells apart by their absolute paths.
{
  lib,
  runCommand,
  builder,
  elfloader,
  images,
}:
let
  inherit (images.qemu-arm-virt) default;

  again =
    folder: package:
    package.overrideAttrs (previous: {
      name = "${lib.getName package}-again";
      postUnpack = ''
        umask 077
        export SOURCE_DATE_EPOCH=1000000000
        mv $sourceRoot first
        sourceRoot=${folder}
        mkdir -p $sourceRoot
        (cd first && find . ! -type d) | sort --reverse > files
        tar --create --directory first --files-from files |
          tar --extract --no-same-permissions --directory $sourceRoot
        rm -r first files
      ''
      + previous.postUnpack or "";
    });

  kernel = again "another/folder" default.kernel;
  loader = again "another/folder" elfloader;
  rootTask = (again "source" default.rootTask).overrideAttrs { SEL4_PREFIX = kernel; };
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

  for path in ${builtins.storeDir} "$NIX_BUILD_TOP/source" another/folder; do
    if grep --quiet --text --fixed-strings "$path" again.elf again.elf.json; then
      echo "KaaL: the image or its manifest holds a path of the machine that built it: $path" >&2
      exit 1
    fi
  done
  sha256sum again.elf > $out
''

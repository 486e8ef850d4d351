# SPDX-License-Identifier: BSD-2-Clause

# All parts of an image built again: in another folder, under another umask and clock, from files
# that were written in another order. The image must be the same, and hold no path of the build.
{
  lib,
  runCommand,
  builder,
  elfloader,
  images,
}:
let
  inherit (images.qemu-arm-virt) default;

  elsewhere =
    package:
    package.overrideAttrs (previous: {
      name = "${lib.getName package}-elsewhere";
      postUnpack = ''
        umask 077
        export SOURCE_DATE_EPOCH=1000000000
        mkdir -p "$NIX_BUILD_TOP/another/folder"
        (cd $sourceRoot && find . ! -type d | sort --reverse > "$NIX_BUILD_TOP/files")
        tar --create --directory $sourceRoot --files-from "$NIX_BUILD_TOP/files" |
          tar --extract --no-same-permissions --directory "$NIX_BUILD_TOP/another/folder"
        rm -r $sourceRoot
        sourceRoot=$NIX_BUILD_TOP/another/folder
      ''
      + previous.postUnpack or "";
    });

  kernel = elsewhere default.kernel;
  loader = elsewhere elfloader;
  rootTask = (elsewhere default.rootTask).overrideAttrs { SEL4_PREFIX = kernel; };
in
runCommand "reproducible" { nativeBuildInputs = [ builder ]; } ''
  umask 077
  mkdir -p "another folder"
  cd "another folder"
  cp ${lib.getExe rootTask} app
  cp ${kernel}/bin/kernel.elf kernel
  cp ${lib.getExe loader} loader
  kaal-elfloader-builder --loader loader --kernel kernel --app app \
    --dtb ${kernel}/support/kernel.dtb \
    --platform ${kernel}/support/platform_gen.yaml \
    --kernel-config ${kernel}/libsel4/include/kernel/gen_config.json \
    ${lib.escapeShellArgs default.platform.builderOptions} \
    --out again.elf
  cmp ${default}/bootimage.elf again.elf

  for path in /nix/store "$NIX_BUILD_TOP" /build/; do
    if grep --quiet --text --fixed-strings "$path" again.elf; then
      echo "KaaL: the image holds a path of the machine that built it: $path" >&2
      exit 1
    fi
  done
  sha256sum again.elf > $out
''

# SPDX-License-Identifier: BSD-2-Clause

# Packs the parts of an image for QEMU's virt machine again, in the formats that firmwares start:
#   bootimage.FORMAT for each format
#   bin/run-qemu     boots through a firmware, edk2 or the one that `--firmware` names
{
  lib,
  runCommand,
  writeShellApplication,
  builder,
  efiStub,
  firmwares,
  kernelOptions,
  qemu,
  qemuMachine,
  unpacker,
}:
{ image }:
let
  inherit (image) kernel platform;
  formats = lib.mapAttrsToList (_: firmware: firmware.format) firmwares;

  packed = runCommand "firmware-images-${platform.name}" { nativeBuildInputs = [ builder ]; } ''
    mkdir $out
    for format in ${toString formats}; do
      kaal-elfloader-builder --no-config --quiet --format $format --out $out/bootimage.$format \
        --loader ${image}/debug/elfloader.elf --unpacker ${lib.getExe unpacker} --efi-stub ${lib.getExe efiStub} \
        --kernel ${image}/debug/kernel.elf --app ${image}/debug/root-task.elf ${kernelOptions kernel}
    done
  '';

  start =
    name: firmware:
    "${name}) set -- ${firmware.start "${packed}/bootimage.${firmware.format}"} \"$@\" ;;";

  run = writeShellApplication {
    name = "run-qemu";
    runtimeInputs = [ qemu ];
    text = ''
      firmware=edk2
      if [ "''${1-}" = --firmware ]; then
        firmware=''${2-}
        shift "$(($# < 2 ? $# : 2))"
      fi
      case $firmware in
        ${lib.concatStringsSep "\n  " (lib.mapAttrsToList start firmwares)}
        *)
          echo "--firmware $firmware: one of these expected: ${toString (lib.attrNames firmwares)}" >&2
          exit 2
          ;;
      esac
      exec ${qemuMachine platform} -display none -no-reboot -serial stdio "$@"
    '';
  };
in
lib.throwIf (platform.platform != "qemu-arm-virt")
  "KaaL: firmware is for the platform qemu-arm-virt, not ${platform.platform}"
  (
    runCommand "firmware-${platform.name}"
      {
        passthru = { inherit kernel platform; };
        meta = {
          description = "seL4 and a root task, bootable through firmware on ${platform.name}";
          mainProgram = "run-qemu";
        };
      }
      ''
        mkdir -p $out/bin
        ln -s ${packed}/* $out
        ln -s ${lib.getExe run} $out/bin/run-qemu
      ''
  )

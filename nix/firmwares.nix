# SPDX-License-Identifier: BSD-2-Clause

# Firmwares of QEMU's virt machine by name: the format of the images that each starts best, and QEMU's options that
# start an image. edk2 comes with QEMU. U-Boot is built from source, with the cross GCC that macOS lacks.
{
  lib,
  stdenv,
  runCommand,
  pkgsCross,
  qemu,
  ubootTools,
}:
{
  edk2 = {
    format = "efi";
    start = image: "-bios ${qemu}/share/qemu/edk2-aarch64-code.fd -kernel ${image}";
  };
}
// lib.optionalAttrs (!stdenv.buildPlatform.isDarwin) {
  u-boot =
    let
      address = "0x50000000";
      # The flash with U-Boot's variables has this size. U-Boot reads the first 256 KiB.
      variables = runCommand "u-boot-variables" { nativeBuildInputs = [ ubootTools ]; } ''
        printf 'bootdelay=0\nbootcmd=bootm ${address}; poweroff\n' | mkenvimage -s 0x40000 -p 0 -o $out -
        truncate --size 64M $out
      '';
    in
    {
      format = "fit";
      start =
        image:
        "-bios ${pkgsCross.aarch64-multiplatform.ubootQemuAarch64}/u-boot.bin"
        + " -drive if=pflash,index=1,format=raw,readonly=on,file=${variables}"
        + " -device loader,file=${image},addr=${address},force-raw=on";
    };
}

# SPDX-License-Identifier: BSD-2-Clause

# Packs a kernel and a root task:
#   bootimage.elf    for firmware or QEMU; bootimage.img on boards that boot no ELF files
#   bootimage.*.json the manifest
#   bin/run-qemu     boots the image, if QEMU has a model of the board
#   memory-map.txt   the memory map
#   debug/           its parts with symbols, for debuggers
{
  lib,
  runCommand,
  runtimeShell,
  builder,
  elfloader,
  kernelOptions,
  mkDevices,
  mkRunner,
  unpacker,
}:
{ kernel, rootTask }:
let
  inherit (kernel) platform;
  hasModel = platform.qemu != null;
  file = if platform.format == "elf" then "bootimage.elf" else "bootimage.img";
  unpackerOption = lib.optionalString (file == "bootimage.img") "--unpacker ${lib.getExe unpacker}";
  deviceTree = lib.optionalString (
    hasModel && platform.qemu.needs-device-tree
  ) "-dtb ${kernel}/support/kernel.dtb";
  devices = mkDevices rootTask;
  app = if rootTask ? meta.mainProgram then lib.getExe rootTask else rootTask;
in
runCommand "bootimage-${platform.name}"
  {
    nativeBuildInputs = [ builder ];
    passthru = { inherit kernel platform rootTask; };
    meta = {
      description = "seL4 and a root task, bootable on ${platform.name}";
    }
    // lib.optionalAttrs hasModel { mainProgram = "run-qemu"; };
  }
  ''
    mkdir -p $out/debug
    cp ${lib.getExe elfloader} $out/debug/elfloader.elf
    cp ${kernel}/bin/kernel.elf $out/debug/kernel.elf
    cp ${app} $out/debug/root-task.elf
    kaal-elfloader-builder --no-config -v --loader ${lib.getExe elfloader} \
      --app ${app} --kernel ${kernel}/bin/kernel.elf ${kernelOptions kernel} \
      --format ${platform.format} ${unpackerOption} --out $out/${file} 2>&1 |
      tee $out/memory-map.txt || {
      echo "KaaL: --app is the attribute rootTask; the other files follow from platform, variant and kernelConfig" >&2
      exit 1
    }
    ${lib.optionalString hasModel ''
      mkdir $out/bin
      printf '#!%s\n${
        lib.optionalString (devices != null) ". ${devices}\\n"
      }exec %s "%s" ${deviceTree} "$@"\n' \
        ${runtimeShell} ${lib.getExe (mkRunner platform)} $out/${file} > $out/bin/run-qemu
      chmod +x $out/bin/run-qemu
    ''}
  ''

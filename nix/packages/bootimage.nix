# SPDX-License-Identifier: BSD-2-Clause

# Packs a kernel and a root task:
#   bootimage.elf    the image; bootimage.img if it is not an ELF file
#   bootimage.*.json its manifest
#   bin/run-qemu     boots it on QEMU, if QEMU has a model of the board
#   memory-map.txt   its memory map
#   debug/           its parts with symbols, for debuggers
{
  lib,
  runCommand,
  runtimeShell,
  builder,
  elfloader,
  unpacker,
  mkRunner,
}:
{ kernel, rootTask }:
let
  inherit (kernel) platform;
  hasModel = platform.qemu != null;
  loader = lib.getExe elfloader;
  file = if platform.format == "elf" then "bootimage.elf" else "bootimage.img";
  deviceTree = lib.optionalString platform.needsDeviceTree "-dtb ${kernel}/support/kernel.dtb";
  app = if rootTask ? meta.mainProgram then lib.getExe rootTask else rootTask;
in
runCommand "bootimage-${platform.name}"
  {
    nativeBuildInputs = [ builder ];
    passthru = {
      inherit
        kernel
        platform
        rootTask
        file
        ;
    };
    meta = {
      description = "seL4 and a root task, bootable on ${platform.name}";
    }
    // lib.optionalAttrs hasModel { mainProgram = "run-qemu"; };
  }
  ''
    mkdir -p $out/debug
    if ! kaal-elfloader-builder --no-config -v \
      --loader ${loader} \
      --kernel ${kernel}/bin/kernel.elf \
      --app ${app} \
      --dtb ${kernel}/support/kernel.dtb \
      --platform ${kernel}/support/platform_gen.yaml \
      --kernel-config ${kernel}/libsel4/include/kernel/gen_config.json \
      --format ${platform.format} ${
        lib.optionalString (platform.format != "elf") "--unpacker ${lib.getExe unpacker}"
      } ${lib.escapeShellArgs platform.builderOptions} \
      --out $out/${file} 2> $out/memory-map.txt
    then
      cat $out/memory-map.txt >&2
      echo "KaaL: --app is the attribute rootTask; the other files follow from platform, variant and kernelConfig" >&2
      exit 1
    fi
    cat $out/memory-map.txt

    cp ${loader} $out/debug/elfloader.elf
    cp ${kernel}/bin/kernel.elf $out/debug/kernel.elf
    cp ${app} $out/debug/root-task.elf

    ${lib.optionalString hasModel ''
      mkdir $out/bin
      printf '#!%s\nexec %s "%s" ${deviceTree} "$@"\n' \
        ${runtimeShell} ${lib.getExe (mkRunner platform)} $out/${file} > $out/bin/run-qemu
      chmod +x $out/bin/run-qemu
    ''}
  ''

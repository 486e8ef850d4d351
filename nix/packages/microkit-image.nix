# SPDX-License-Identifier: BSD-2-Clause

# Packs a system that Microkit's tool built, with KaaL's loader in place of Microkit's:
#   bootimage.FORMAT      the image
#   bootimage.FORMAT.json the manifest
#   bin/run-qemu          boots the image, if QEMU has a model of the board
#   memory-map.txt        the memory map
#
# `system` is the file `loader.img`, `sdk` the folder of the SDK that built it, for the same `board` and `config`.
# `options` are more options for the builder, such as `--dtb` for a board that QEMU has no model of.
{
  lib,
  runCommand,
  runtimeShell,
  builder,
  elfloader,
  mkDeviceTree,
  mkRunner,
  platforms,
  unpacker,
}:
{
  sdk,
  board,
  config,
  system,
  format ? "elf",
  options ? [ ],
}:
let
  inherit (platforms.qemu-arm-virt) default hyp;
  # Microkit's boards for QEMU have the kernels of its virt machine, but more memory.
  modelOf =
    variant:
    variant.qemu
    // {
      cpu = "cortex-a53";
      memory = "2G";
      cores = if lib.hasPrefix "smp-" config then 4 else 1;
    };
  models = {
    qemu_virt_aarch64 = modelOf hyp;
    qemu_virt_aarch64_el1 = modelOf default;
  };
  hasModel = models ? ${board};
  # QEMU needs another command for images in other formats.
  boots = hasModel && format == "elf";
  name = "microkit-${board}-${config}";
  platform = {
    inherit name;
    platform = board;
    qemu = if boots then models.${board} else null;
  };

  # The SDK has none. The loader finds the console and the other cores in it.
  deviceTree = mkDeviceTree {
    inherit name;
    qemu = models.${board};
  };
  builderOptions =
    lib.optional (format != "elf") "--unpacker ${lib.getExe unpacker}"
    ++ lib.optional hasModel "--dtb ${deviceTree}"
    ++ [ (lib.escapeShellArgs options) ];
in
runCommand "bootimage-${name}"
  {
    nativeBuildInputs = [ builder ];
    passthru = { inherit platform; };
    meta = {
      description = "A system of Microkit, bootable on ${board}";
    }
    // lib.optionalAttrs boots { mainProgram = "run-qemu"; };
  }
  ''
    mkdir $out
    kaal-elfloader-builder --no-config -v --loader ${lib.getExe elfloader} \
      --microkit ${system} --sdk ${sdk} --board ${board} --sdk-config ${config} \
      --format ${format} ${toString builderOptions} --out $out/bootimage.${format} 2>&1 |
      tee $out/memory-map.txt || {
      echo "KaaL: --microkit is the attribute system, and --sdk-config is config" >&2
      exit 1
    }
    ${lib.optionalString boots ''
      mkdir $out/bin
      printf '#!%s\nexec %s "%s" "$@"\n' \
        ${runtimeShell} ${lib.getExe (mkRunner platform)} $out/bootimage.elf > $out/bin/run-qemu
      chmod +x $out/bin/run-qemu
    ''}
  ''

# SPDX-License-Identifier: BSD-2-Clause

# A bootable image of seL4 and a root task:
#   bootimage.elf             what firmware or QEMU loads
#   bin/run-qemu              boots it on QEMU
#   memory-map.txt            what lies where in it
#   debug/                    its parts with symbols, for debuggers
#
# `rootTask` is an ELF file, a package whose main program is one, or a function from the kernel to
# either. `kernelConfig` and `kernelToolchain` are passed on to the kernel's build.
{
  lib,
  runCommand,
  runtimeShell,
  builder,
  elfloader,
  kernelToolchains,
  mkKernel,
  mkRunner,
}:
{
  platform,
  variant ? "default",
  rootTask,
  kernelConfig ? { },
  kernelToolchain ? kernelToolchains.default,
  loader ? elfloader,
  name ? "bootimage",
}:
let
  kernel = mkKernel {
    inherit platform variant kernelConfig;
    toolchain = kernelToolchain;
  };
  chosen = kernel.platform;
  task = if lib.isFunction rootTask then rootTask kernel else rootTask;
  app = if lib.isDerivation task && task ? meta.mainProgram then lib.getExe task else "${task}";
in
runCommand "${name}-${chosen.name}"
  {
    nativeBuildInputs = [ builder ];
    passthru = {
      inherit kernel;
      rootTask = task;
      platform = chosen;
    };
    meta = {
      description = "seL4 and a root task, bootable on ${chosen.name}";
      mainProgram = "run-qemu";
    };
  }
  ''
    mkdir -p $out/bin $out/debug
    if ! kaal-elfloader-builder -v \
      --loader ${lib.getExe loader} \
      --kernel ${kernel}/bin/kernel.elf \
      --app ${app} \
      --dtb ${kernel}/support/kernel.dtb \
      --platform ${kernel}/support/platform_gen.yaml \
      --kernel-config ${kernel}/libsel4/include/kernel/gen_config.json \
      ${lib.escapeShellArgs chosen.builderOptions} \
      --out $out/bootimage.elf 2> messages
    then
      cat messages >&2
      echo "KaaL: --app is mkBootImage's attribute rootTask, the other files follow from platform, variant and kernelConfig" >&2
      exit 1
    fi
    cat messages
    mv messages $out/memory-map.txt

    cp ${lib.getExe loader} $out/debug/elfloader.elf
    cp ${kernel}/bin/kernel.elf $out/debug/kernel.elf
    cp ${app} $out/debug/root-task.elf

    printf '#!%s\nexec %s "%s" "$@"\n' \
      ${runtimeShell} ${lib.getExe (mkRunner chosen)} $out/bootimage.elf > $out/bin/run-qemu
    chmod +x $out/bin/run-qemu
  ''

# SPDX-License-Identifier: BSD-2-Clause

# Every platform with its variants: the kernel's settings, and the machine that QEMU emulates.
{ lib, source }:
let
  machines = lib.importTOML ../tests/harness/machines.toml;

  describe =
    platform: variant: attributes:
    attributes
    // {
      name = "${platform}-${variant}";
      inherit platform variant;
      kernel = attributes.kernel // {
        # Without the settings of other platforms, so that a change to them rebuilds nothing.
        settings = "${
          source [
            "kernel/common.cmake"
            "kernel/release.cmake"
            "kernel/verified.cmake"
            "kernel/${platform}"
          ]
        }/kernel/${platform}/${variant}.cmake";
      };
    };

  # An ordinary kernel for one core. `qemu` is `null` if QEMU has no model of the board.
  ordinary =
    platform: fixed:
    let
      qemu = machines.${platform} or null;
    in
    {
      inherit qemu;
      # The format that the board's firmware loads, or QEMU in its place.
      format = if qemu == null then "image" else qemu.format;
      kernel = {
        # seL4 has the device trees of boards. QEMU makes that of the virt machine.
        deviceTreeFromQemu = platform == "qemu-arm-virt";
        # The other attributes depend on these settings: `kernelConfig` can't change them, and a
        # build with other values fails.
        fixed = {
          KernelPlatform = platform;
          KernelSel4Arch = "aarch64";
          KernelMaxNumNodes = "1";
          KernelArmHypervisorSupport = "OFF";
          KernelIsMCS = "OFF";
        }
        // fixed;
      };
    };

  virt = ordinary "qemu-arm-virt" { ARM_CPU = virt.qemu.cpu; };

  hyp = lib.recursiveUpdate virt {
    qemu = {
      machine = "virt,virtualization=on";
      cpu = "cortex-a57";
    };
    kernel.fixed = {
      KernelArmHypervisorSupport = "ON";
      ARM_CPU = "cortex-a57";
    };
  };

  mcs = lib.recursiveUpdate virt { kernel.fixed.KernelIsMCS = "ON"; };

  # To ship: it prints nothing and has no debug system calls.
  forRelease =
    variant:
    lib.recursiveUpdate variant {
      kernel.fixed = {
        KernelDebugBuild = "OFF";
        KernelPrinting = "OFF";
        KernelFastpath = "ON";
      };
    };

  # As in seL4's proofs. QEMU has a model of the board with an EL2 if machines.toml says so.
  forProofs =
    default:
    lib.recursiveUpdate (forRelease default) {
      qemu = if default.qemu ? hypervisor then { machine = default.qemu.hypervisor; } else null;
      kernel.fixed = {
        KernelVerificationBuild = "ON";
        KernelArmHypervisorSupport = "ON";
      };
    };

  forFourCores = variant: lib.recursiveUpdate variant { kernel.fixed.KernelMaxNumNodes = "4"; };

  # The virt machine has any number of cores; boards have a fixed one.
  withFourCores = variant: lib.recursiveUpdate (forFourCores variant) { qemu.cores = 4; };

  toShip = default: {
    inherit default;
    release = forRelease default;
  };

  onFourCores = default: toShip default // { smp = forFourCores default; };

  withProofs = default: onFourCores default // { verified = forProofs default; };
in
lib.mapAttrs (platform: lib.mapAttrs (describe platform)) {
  qemu-arm-virt = {
    inherit (toShip virt) default release;
    inherit hyp mcs;
    smp = withFourCores virt;
    hyp-smp = withFourCores hyp;
    mcs-smp = withFourCores mcs;
  };
  zynqmp = withProofs (ordinary "zynqmp" { KernelARMPlatform = "zcu102"; });
  bcm2837 = toShip (ordinary "bcm2837" { });
  bcm2711 = withProofs (ordinary "bcm2711" { });
  imx8mp-evk = onFourCores (ordinary "imx8mp-evk" { });
  imx8mm-evk = withProofs (ordinary "imx8mm-evk" { });
}

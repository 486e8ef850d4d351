# SPDX-License-Identifier: BSD-2-Clause

# Every platform with its variants: the kernel's settings, the machine that QEMU emulates, and the
# builder's options. tests/harness/src/qemu/board.rs lists the same machines; a test compares the two.
{ lib }:
let
  settings = ../kernel;

  describe =
    platform: variant: attributes:
    attributes
    // {
      name = "${platform}-${variant}";
      inherit platform variant;
      kernel = attributes.kernel // {
        # Only this platform's settings, so that changes to others don't rebuild its kernel.
        settings = "${
          lib.fileset.toSource {
            root = settings;
            fileset = lib.fileset.unions [
              (settings + "/common.cmake")
              (settings + "/${platform}")
            ];
          }
        }/${platform}/${variant}.cmake";
      };
    };

  # An ordinary kernel for one core.
  ordinary =
    {
      fixed,
      # Whether kernel and image use the device tree that QEMU generates. seL4 has the device trees of
      # boards.
      deviceTreeFromQemu ? false,
      # QEMU's arguments by name, or `null` if QEMU has no model of the board. `serial` is the number of
      # UARTs before the one that seL4 prints on.
      qemu,
      # The image's format, which the board's firmware and QEMU's model can load.
      format ? "elf",
      # Whether QEMU needs the kernel's device tree. On a machine with 4 GiB of RAM or more, it doesn't
      # boot a Linux kernel without one.
      needsDeviceTree ? false,
    }:
    {
      kernel = {
        inherit deviceTreeFromQemu;
        # The other attributes rely on these settings. `kernelConfig` can't change them, and the build fails
        # if the kernel has other values.
        fixed = {
          KernelSel4Arch = "aarch64";
          KernelMaxNumNodes = "1";
          KernelArmHypervisorSupport = "OFF";
          KernelIsMCS = "OFF";
        }
        // fixed;
      };
      inherit qemu format needsDeviceTree;
      builderOptions = [ ];
    };

  virt = ordinary {
    fixed = {
      KernelPlatform = "qemu-arm-virt";
      ARM_CPU = virt.qemu.cpu;
    };
    deviceTreeFromQemu = true;
    qemu = {
      machine = "virt";
      cpu = "cortex-a53";
      memory = "1G";
      cores = 1;
      serial = 0;
    };
  };

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

  forFourCores = variant: lib.recursiveUpdate variant { kernel.fixed.KernelMaxNumNodes = "4"; };

  # Only the virt machine has a configurable number of cores.
  withFourCores = variant: lib.recursiveUpdate (forFourCores variant) { qemu.cores = 4; };

  onFourCores = board: {
    default = board;
    smp = forFourCores board;
  };
in
lib.mapAttrs (platform: lib.mapAttrs (describe platform)) {
  qemu-arm-virt = {
    default = virt;
    inherit hyp mcs;
    smp = withFourCores virt;
    hyp-smp = withFourCores hyp;
    mcs-smp = withFourCores mcs;
  };

  zynqmp = onFourCores (ordinary {
    fixed = {
      KernelPlatform = "zynqmp";
      KernelARMPlatform = "zcu102";
    };
    qemu = {
      machine = "xlnx-zcu102";
      cpu = "cortex-a53";
      memory = "4G";
      cores = 4;
      serial = 0;
    };
  });

  bcm2837.default = ordinary {
    fixed.KernelPlatform = "bcm2837";
    format = "image";
    qemu = {
      machine = "raspi3b";
      cpu = "cortex-a53";
      memory = "1G";
      cores = 4;
      serial = 1;
    };
  };

  bcm2711 = onFourCores (ordinary {
    fixed.KernelPlatform = "bcm2711";
    format = "image";
    qemu = {
      machine = "raspi4b";
      cpu = "cortex-a72";
      memory = "2G";
      cores = 4;
      serial = 1;
    };
  });

  imx8mp-evk = onFourCores (ordinary {
    fixed.KernelPlatform = "imx8mp-evk";
    format = "image";
    needsDeviceTree = true;
    qemu = {
      machine = "imx8mp-evk";
      cpu = "cortex-a53";
      memory = "6G";
      cores = 4;
      serial = 1;
    };
  });

  imx8mm-evk = onFourCores (ordinary {
    fixed.KernelPlatform = "imx8mm-evk";
    format = "image";
    qemu = null;
  });
}

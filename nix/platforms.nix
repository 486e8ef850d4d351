# SPDX-License-Identifier: BSD-2-Clause

# Every platform with its variants: the kernel's settings, and the machine that QEMU emulates.
# tests/harness/src/qemu/board.rs repeats the machines; a test compares the two.
{ lib, source }:
let
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
            "kernel/${platform}"
          ]
        }/kernel/${platform}/${variant}.cmake";
      };
    };

  # An ordinary kernel for one core.
  ordinary =
    {
      fixed,
      # Whether kernel and image are built for the device tree that QEMU makes. seL4 has those of
      # boards.
      deviceTreeFromQemu ? false,
      # QEMU's arguments by name; `serial` is the number of UARTs before the one that seL4 prints on.
      # `null` if QEMU has no model of the board.
      qemu,
      # The image's format, which the board's firmware or QEMU in its place loads.
      format ? "elf",
      # Whether QEMU must get the kernel's device tree. Without it, QEMU doesn't boot an image that
      # looks like a Linux kernel if there are 4 GiB of RAM or more.
      needsDeviceTree ? false,
    }:
    {
      kernel = {
        inherit deviceTreeFromQemu;
        # The other attributes depend on these settings: `kernelConfig` can't change them, and a
        # build with other values fails.
        fixed = {
          KernelSel4Arch = "aarch64";
          KernelMaxNumNodes = "1";
          KernelArmHypervisorSupport = "OFF";
          KernelIsMCS = "OFF";
        }
        // fixed;
      };
      inherit qemu format needsDeviceTree;
    };

  # QEMU's boards have four cores. On most, seL4 prints on the second UART.
  board =
    qemu:
    {
      cores = 4;
      serial = 1;
    }
    // qemu;

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

  # The virt machine has any number of cores; boards have a fixed one.
  withFourCores = variant: lib.recursiveUpdate (forFourCores variant) { qemu.cores = 4; };

  onFourCores = default: {
    inherit default;
    smp = forFourCores default;
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
    qemu = board {
      machine = "xlnx-zcu102";
      cpu = "cortex-a53";
      memory = "4G";
      serial = 0;
    };
  });

  bcm2837.default = ordinary {
    fixed.KernelPlatform = "bcm2837";
    format = "image";
    qemu = board {
      machine = "raspi3b";
      cpu = "cortex-a53";
      memory = "1G";
    };
  };

  bcm2711 = onFourCores (ordinary {
    fixed.KernelPlatform = "bcm2711";
    format = "image";
    qemu = board {
      machine = "raspi4b";
      cpu = "cortex-a72";
      memory = "2G";
    };
  });

  imx8mp-evk = onFourCores (ordinary {
    fixed.KernelPlatform = "imx8mp-evk";
    format = "image";
    needsDeviceTree = true;
    qemu = board {
      machine = "imx8mp-evk";
      cpu = "cortex-a53";
      memory = "6G";
    };
  });

  imx8mm-evk = onFourCores (ordinary {
    fixed.KernelPlatform = "imx8mm-evk";
    format = "image";
    qemu = null;
  });
}

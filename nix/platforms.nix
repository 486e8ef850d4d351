# SPDX-License-Identifier: BSD-2-Clause

# Every platform with its variants: the kernel's settings, the machine that QEMU emulates, and the
# builder's options. tests/harness/src/qemu/board.rs says the same of the machines; a test compares the two.
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
        # Without the settings of other platforms, so that a change to those rebuilds nothing.
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
      # Whether kernel and image are built for the device tree that QEMU makes. That of a board comes
      # with seL4.
      deviceTreeFromQemu ? false,
      # QEMU's arguments by name; `serial` is the number of UARTs before the one that seL4 prints on.
      # `null` where QEMU has no model of the board.
      qemu,
      # The image's: what the board's firmware loads, and QEMU in its place.
      format ? "elf",
      # Whether QEMU must be given the kernel's device tree. With 4 GiB of RAM or more, it boots what it
      # takes for a Linux kernel only so.
      needsDeviceTree ? false,
    }:
    {
      kernel = {
        inherit deviceTreeFromQemu;
        # What the other attributes rest on: `kernelConfig` can't change it, and a build in which
        # the kernel has it otherwise fails.
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

  # The virt machine has as many cores as it is told to, boards have what they have.
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

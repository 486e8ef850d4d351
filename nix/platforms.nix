# SPDX-License-Identifier: BSD-2-Clause

# Every platform with its variants: the kernel's settings, the machine that QEMU emulates, and the
# builder's options. The machine's device tree is what kernel and image are built for.
{ lib }:
let
  describe =
    platform: variant: attributes:
    attributes
    // {
      name = "${platform}-${variant}";
      inherit platform variant;
      kernel = attributes.kernel // {
        settings = "${../kernel + "/${platform}"}/${variant}.cmake";
      };
    };

  virt = {
    kernel = {
      # What the other attributes rest on: `kernelConfig` can't change it, and a build in which
      # the kernel has it otherwise fails.
      fixed = {
        KernelPlatform = "qemu-arm-virt";
        KernelSel4Arch = "aarch64";
        KernelMaxNumNodes = "1";
        KernelArmHypervisorSupport = "OFF";
        KernelIsMCS = "OFF";
        ARM_CPU = virt.qemu.cpu;
      };
    };
    qemu = {
      machine = "virt";
      cpu = "cortex-a53";
      memory = "1G";
      cores = 1;
    };
    builderOptions = [ ];
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

  withFourCores =
    variant:
    lib.recursiveUpdate variant {
      qemu.cores = 4;
      kernel.fixed.KernelMaxNumNodes = "4";
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
}

// SPDX-License-Identifier: BSD-2-Clause

//! The settings that determine how the kernel boots.

use kaal_payload::ExceptionLevel;
use yaml_rust2::Yaml;

/// The settings that determine how the kernel boots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BootConfig {
    /// The exception level that it runs at.
    pub(crate) exception_level: ExceptionLevel,
    /// `KernelRootCNodeSizeBits`: log2 of the slots in the root CNode.
    pub(crate) root_cnode_bits: u32,
    /// `KernelMaxNumBootinfoUntypedCaps`: most pieces of untyped memory in the boot information.
    pub(crate) most_untyped: u64,
    /// `PADDR_USER_DEVICE_TOP`: the end of the physical addresses that become device memory.
    pub(crate) device_top: u64,
    /// `KernelMaxNumNodes`
    pub(crate) cores: u32,
    /// `KernelIsMCS`
    pub(crate) is_mcs: bool,
    /// log2 of the size in bytes of a thread control block (`seL4_TCBBits`).
    pub(crate) tcb_bits: u32,
    /// Whether user address spaces begin at level 1 (`AARCH64_VSPACE_S2_START_L1`).
    pub(crate) starts_at_level_1: bool,
}

impl BootConfig {
    /// Reads the settings in the `gen_config.json` of a kernel at `exception_level`. Returns `None`
    /// if a number is missing.
    pub(crate) fn read(config: &Yaml, exception_level: ExceptionLevel) -> Option<Self> {
        let flag = |key: &str| config[key].as_bool() == Some(true);
        let number = |key: &str| config[key].as_str()?.parse::<u64>().ok();
        let is_hypervisor = exception_level == ExceptionLevel::El2;
        let is_mcs = flag("KERNEL_MCS");
        let root_cnode_bits = u32::try_from(number("ROOT_CNODE_SIZE_BITS")?).ok()?;
        // `libsel4/sel4_arch_include/aarch64/sel4/sel4_arch/constants.h`
        let has_large_tcb = flag("HARDWARE_DEBUG_API")
            || flag("ARM_HYP_ENABLE_VCPU_CP14_SAVE_AND_RESTORE")
            || (is_hypervisor
                && flag("ENABLE_SMP_SUPPORT")
                && flag("BENCHMARK_TRACK_UTILISATION")
                && !is_mcs);
        Some(Self {
            exception_level,
            // The kernel can't map larger CNodes (`root_cnode_size_valid`).
            root_cnode_bits: Some(root_cnode_bits).filter(|bits| *bits < u32::BITS - SLOT_BITS)?,
            most_untyped: number("MAX_NUM_BOOTINFO_UNTYPED_CAPS")?,
            device_top: number("PADDR_USER_DEVICE_TOP")?,
            cores: u32::try_from(number("MAX_NUM_NODES")?).ok()?,
            is_mcs,
            tcb_bits: if has_large_tcb { 12 } else { 11 },
            starts_at_level_1: is_hypervisor && flag("ARM_PA_SIZE_BITS_40"),
        })
    }

    /// log2 of the root CNode's size in bytes.
    pub(crate) fn cnode_size_bits(&self) -> u32 {
        self.root_cnode_bits + SLOT_BITS
    }

    /// log2 of the size in bytes of the root of a user address space (`seL4_VSpaceBits`).
    pub(crate) fn vspace_bits(&self) -> u32 {
        if self.starts_at_level_1 { 13 } else { 12 }
    }
}

/// `seL4_SlotBits`
const SLOT_BITS: u32 = 5;

// SPDX-License-Identifier: BSD-2-Clause

//! Turns translation on and enters the kernel.
//!
//! seL4 keeps the memory attributes and, at EL1, the translation control from the loader. At EL2, it compares
//! the latter with its own (seL4 16.0.0, `include/arch/arm/arch/64/mode/machine.h`). So these values are part
//! of its interface. Source: Arm Architecture Reference Manual, DDI 0487, the descriptions of the registers.

use core::arch::asm;

use kaal_payload::{ExceptionLevel, Payload, PhysAddr, PhysRange, PhysicalAddressBits, VirtAddr};
use kaal_runtime::registers::{
    PS_40_BITS, PS_44_BITS, PS_48_BITS, SCTLR_EL1_OFF, SCTLR_EL2_OFF, SCTLR_ON, TCR_EL1_IPS_SHIFT,
    TCR_EL2, TCR_EL2_PS_SHIFT, TCR_RANGE, physical_address_range,
};
use kaal_runtime::write_register;

/// MAIR_ELx, from attribute 0 up: Device-nGnRnE, Device-nGnRE, Device-GRE, Normal non-cacheable, Normal write-back,
/// Normal write-through.
const MAIR: u64 = 0x0000_aaff_440c_0400;

/// TCR_EL1.TG1: 2 means 4 KiB, unlike in TG0.
const TCR_EL1_TG1: u64 = 0b10 << 30;

/// TCR_EL1.AS: 16-bit ASIDs.
const TCR_EL1_AS: u64 = 1 << 36;

/// TCR_EL1 without IPS.
const TCR_EL1: u64 = TCR_RANGE | TCR_RANGE << 16 | TCR_EL1_TG1 | TCR_EL1_AS;

/// The kernel's arguments, in x0 to x5 (seL4 16.0.0, `src/arch/arm/64/head.S`).
struct KernelArguments {
    user_start: PhysAddr,
    user_end: PhysAddr,
    pv_offset: u64,
    user_entry: VirtAddr,
    dtb_start: PhysAddr,
    dtb_size: u64,
}

/// The registers that all cores enter the kernel with.
pub(crate) struct Handover {
    arguments: KernelArguments,
    kernel_entry: VirtAddr,
    ttbr0: PhysAddr,
    ttbr1: PhysAddr,
    tcr: u64,
    sctlr: u64,
    exception_level: ExceptionLevel,
}

/// Loads the registers of a [`Handover`], turns translation on and jumps.
///
/// The assembly accesses no memory: the stack was written past the caches, and would be read through them.
macro_rules! enter {
    ($handover:expr, $level:literal, $all_entries:literal) => {{
        let arguments = &$handover.arguments;
        write_register!(concat!("mair_", $level), MAIR);
        write_register!(concat!("tcr_", $level), $handover.tcr);
        write_register!(concat!("ttbr0_", $level), $handover.ttbr0.0);
        asm!(
            // All writes are in memory, and nothing old is in the TLB or fetched.
            "dsb     sy",
            concat!("tlbi    ", $all_entries),
            "ic      iallu",
            "dsb     sy",
            "isb",
            concat!("msr     sctlr_", $level, ", {sctlr}"),
            "isb",
            // A call: fault reports name the function by the return address.
            "blr     {entry}",
            sctlr = in(reg) $handover.sctlr,
            entry = in(reg) $handover.kernel_entry.0,
            in("x0") arguments.user_start.0,
            in("x1") arguments.user_end.0,
            in("x2") arguments.pv_offset,
            in("x3") arguments.user_entry.0,
            in("x4") arguments.dtb_start.0,
            in("x5") arguments.dtb_size,
            options(noreturn, nostack),
        )
    }};
}

impl Handover {
    /// The registers for the kernel in `payload`.
    pub(crate) fn new(payload: &Payload<'_>, device_tree: PhysRange) -> Self {
        let range = physical_address_range();
        let (tcr, sctlr) = match payload.exception_level {
            ExceptionLevel::El1 => (
                TCR_EL1 | range.min(PS_48_BITS) << TCR_EL1_IPS_SHIFT,
                SCTLR_EL1_OFF | SCTLR_ON,
            ),
            ExceptionLevel::El2 => {
                let size = match payload.physical_address_bits {
                    PhysicalAddressBits::Bits40 => PS_40_BITS,
                    PhysicalAddressBits::Bits44 => PS_44_BITS,
                    PhysicalAddressBits::FromProcessor if range < PS_44_BITS => PS_40_BITS,
                    PhysicalAddressBits::FromProcessor => PS_44_BITS,
                };
                (TCR_EL2 | size << TCR_EL2_PS_SHIFT, SCTLR_EL2_OFF | SCTLR_ON)
            }
        };
        let has_device_tree = !device_tree.is_empty();
        Self {
            arguments: KernelArguments {
                user_start: payload.user_image.memory.start,
                user_end: payload.user_image.memory.end,
                pv_offset: payload.user_image.pv_offset,
                user_entry: payload.user_image.entry,
                dtb_start: if has_device_tree {
                    device_tree.start
                } else {
                    PhysAddr(0)
                },
                dtb_size: device_tree.size(),
            },
            kernel_entry: payload.kernel_entry,
            ttbr0: payload.tables.ttbr0,
            ttbr1: payload.tables.ttbr1.unwrap_or_default(),
            tcr,
            sctlr,
            exception_level: payload.exception_level,
        }
    }

    /// The kernel's exception level.
    pub(crate) fn exception_level(&self) -> ExceptionLevel {
        self.exception_level
    }

    /// Enters the kernel. The current exception level must be the kernel's.
    pub(crate) fn enter_kernel(&self) -> ! {
        // SAFETY: the tables map the loader at its own address and the kernel at its entry point, and
        // everything that the kernel expects has been prepared and checked.
        unsafe {
            match self.exception_level {
                ExceptionLevel::El1 => {
                    write_register!("ttbr1_el1", self.ttbr1.0);
                    enter!(self, "el1", "vmalle1");
                }
                ExceptionLevel::El2 => enter!(self, "el2", "alle2"),
            }
        }
    }
}

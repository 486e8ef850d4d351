// SPDX-License-Identifier: BSD-2-Clause

//! Turns translation on and enters the kernel.
//!
//! seL4 keeps the memory attributes and, at EL1, the translation control that it is entered with,
//! and compares those of EL2 with its own (seL4 16.0.0, `include/arch/arm/arch/64/mode/machine.h`),
//! so these values are part of its interface. Source: Arm Architecture Reference Manual, DDI 0487,
//! the descriptions of the registers named.

use core::arch::naked_asm;
use core::mem::offset_of;

use kaal_payload::{ExceptionLevel, Payload, PhysAddr, PhysRange, PhysicalAddressBits, VirtAddr};

use kaal_runtime::registers::{
    SCTLR_C, SCTLR_EL1_OFF, SCTLR_EL2_OFF, SCTLR_I, SCTLR_M, physical_address_range,
};

/// MAIR_ELx, from attribute 0 up: Device-nGnRnE, Device-nGnRE, Device-GRE, Normal
/// non-cacheable, Normal write-back, Normal write-through.
const MAIR: u64 = 0x0000_aaff_440c_0400;

/// TCR_ELx of one address range: 48-bit addresses (TnSZ is 16), 4 KiB granules (TGn is 0), table
/// walks write-back write-allocate (IRGNn, ORGNn) and inner shareable (SHn).
const TCR_RANGE: u64 = 16 | 0b01 << 8 | 0b01 << 10 | 0b11 << 12;

/// TCR_EL1.TG1: unlike TG0, 2 stands for 4 KiB.
const TCR_EL1_TG1: u64 = 0b10 << 30;

/// TCR_EL1.AS: 16-bit ASIDs.
const TCR_EL1_AS: u64 = 1 << 36;

/// TCR_EL1 without IPS.
const TCR_EL1: u64 = TCR_RANGE | TCR_RANGE << 16 | TCR_EL1_TG1 | TCR_EL1_AS;

/// Where TCR_EL1.IPS begins.
const TCR_EL1_IPS_SHIFT: u32 = 32;

/// TCR_EL2 without PS: bits 23 and 31 are RES1.
const TCR_EL2: u64 = TCR_RANGE | 1 << 23 | 1 << 31;

/// Where TCR_EL2.PS begins.
const TCR_EL2_PS_SHIFT: u32 = 16;

/// 40 bits, as TCR_ELx.(I)PS encodes it.
const PS_40_BITS: u64 = 2;

/// 44 bits.
const PS_44_BITS: u64 = 4;

/// 48 bits: the most that tables with 48-bit addresses and 4 KiB granules can name.
const PS_48_BITS: u64 = 5;

/// What turns translation and caches on.
const SCTLR_ON: u64 = SCTLR_M | SCTLR_C | SCTLR_I;

/// What the kernel finds in its first registers (seL4 16.0.0, `src/arch/arm/64/head.S`).
#[repr(C)]
struct KernelArguments {
    user_start: PhysAddr,
    user_end: PhysAddr,
    pv_offset: u64,
    user_entry: VirtAddr,
    dtb_start: PhysAddr,
    dtb_size: u64,
}

/// The registers that take effect on the way into the kernel, in the order that the code below
/// loads them. They are the same on all cores.
#[repr(C)]
pub(crate) struct Handover {
    arguments: KernelArguments,
    kernel_entry: VirtAddr,
    ttbr0: PhysAddr,
    ttbr1: PhysAddr,
    mair: u64,
    tcr: u64,
    sctlr: u64,
    exception_level: ExceptionLevel,
}

impl Handover {
    /// What the kernel in `payload` is entered with.
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
            mair: MAIR,
            tcr,
            sctlr,
            exception_level: payload.exception_level,
        }
    }

    /// The exception level that the kernel is entered at.
    pub(crate) fn exception_level(&self) -> ExceptionLevel {
        self.exception_level
    }

    /// Enters the kernel at the current exception level, which must be the one it wants.
    pub(crate) fn enter_kernel(&self) -> ! {
        // SAFETY: the tables map the loader at its own address and the kernel at its entry point,
        // and all that the kernel expects has been prepared and checked.
        unsafe {
            match self.exception_level {
                ExceptionLevel::El1 => enter_at_el1(self),
                ExceptionLevel::El2 => enter_at_el2(self),
            }
        }
    }
}

/// Loads the registers of a [`Handover`], then turns translation on and jumps.
///
/// No memory is accessed behind the first six instructions: the stack was written past the
/// caches, and will be read through them.
macro_rules! enter_function {
    ($(#[$doc:meta])* $name:ident: $($set_tables:literal),+; $invalidate:literal, $sctlr:literal) => {
        $(#[$doc])*
        #[unsafe(naked)]
        unsafe extern "C" fn $name(handover: &Handover) -> ! {
            naked_asm!(
                "ldp     x11, x12, [x0, #{tcr_sctlr}]",
                "ldp     x9, x10, [x0, #{ttbr1_mair}]",
                "ldp     x7, x8, [x0, #{entry_ttbr0}]",
                "ldp     x4, x5, [x0, #{dtb}]",
                "ldp     x2, x3, [x0, #{pv_offset_user_entry}]",
                "ldp     x0, x1, [x0, #{user_image}]",
                $($set_tables,)+
                // What was written is in memory, and nothing old is in the TLB or fetched.
                "dsb     sy",
                $invalidate,
                "ic      iallu",
                "dsb     sy",
                "isb",
                concat!("msr     ", $sctlr, ", x12"),
                "isb",
                "br      x7",
                tcr_sctlr = const offset_of!(Handover, tcr),
                ttbr1_mair = const offset_of!(Handover, ttbr1),
                entry_ttbr0 = const offset_of!(Handover, kernel_entry),
                dtb = const offset_of!(Handover, arguments.dtb_start),
                pv_offset_user_entry = const offset_of!(Handover, arguments.pv_offset),
                user_image = const offset_of!(Handover, arguments.user_start),
            )
        }
    };
}

enter_function! {
    /// # Safety
    ///
    /// Must be called at EL1, with tables that map the loader and the kernel.
    enter_at_el1:
        "msr     mair_el1, x10",
        "msr     tcr_el1, x11",
        "msr     ttbr0_el1, x8",
        "msr     ttbr1_el1, x9";
    "tlbi    vmalle1", "sctlr_el1"
}

enter_function! {
    /// # Safety
    ///
    /// Must be called at EL2, with tables that map the loader and the kernel.
    enter_at_el2:
        "msr     mair_el2, x10",
        "msr     tcr_el2, x11",
        "msr     ttbr0_el2, x8";
    "tlbi    alle2", "sctlr_el2"
}

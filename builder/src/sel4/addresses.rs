// SPDX-License-Identifier: BSD-2-Clause

//! The kernel's addresses.

use kaal_payload::{ExceptionLevel, PhysAddr, PhysRange, PhysicalAddressBits};

/// Virtual minus physical address in an ordinary kernel
/// (seL4 16.0.0, `include/arch/arm/arch/64/mode/hardware.h`, `PPTR_BASE`).
pub(crate) const ORDINARY_BASE: u64 = 0xffff_ff80_0000_0000;

/// Virtual minus physical address in a kernel with hypervisor support (as above).
pub(crate) const HYPERVISOR_BASE: u64 = 0x80_0000_0000;

/// The end of the physical addresses that a kernel can map: the window of 2^39 bytes without its
/// last GiB (as above, `PADDR_TOP`).
pub(crate) const PADDR_TOP: PhysAddr = PhysAddr((1 << 39) - (1 << 30));

/// The physical addresses that a kernel can map.
pub(crate) const KERNEL_WINDOW: PhysRange = PhysRange {
    start: PhysAddr(0),
    end: PADDR_TOP,
};

/// Virtual minus physical address, modulo 2^64, in a kernel at `exception_level`.
pub(crate) fn virtual_base(exception_level: ExceptionLevel) -> u64 {
    match exception_level {
        ExceptionLevel::El1 => ORDINARY_BASE,
        ExceptionLevel::El2 => HYPERVISOR_BASE,
    }
}

/// seL4's `USER_TOP` (seL4 16.0.0, `libsel4/sel4_arch_include/aarch64/sel4/sel4_arch/constants.h`,
/// `seL4_UserTop`).
pub(crate) fn user_top(exception_level: ExceptionLevel, bits: PhysicalAddressBits) -> u64 {
    match (exception_level, bits) {
        (ExceptionLevel::El1, _) => 0x7fff_ffff_ffff,
        (ExceptionLevel::El2, PhysicalAddressBits::Bits40) => 0xff_ffff_ffff,
        (ExceptionLevel::El2, _) => 0xfff_ffff_ffff,
    }
}

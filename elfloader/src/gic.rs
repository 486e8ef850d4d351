// SPDX-License-Identifier: BSD-2-Clause

//! Lets the non-secure world have the interrupts (Arm GIC Architecture Specification, IHI 0048B).
//!
//! Only needed where the loader is entered at EL3: a secure firmware does this otherwise.

use core::ptr;

use kaal_payload::PhysAddr;

/// GICD_TYPER: its low five bits say how many registers of 32 interrupts each there are, minus
/// one (section 4.3.2).
const GICD_TYPER: u64 = 0x004;

/// GICD_IGROUPR0: one bit an interrupt, 1 for group 1, the non-secure one (section 4.3.4).
const GICD_IGROUPR0: u64 = 0x080;

/// GICC_PMR: the lowest priority that is let through (section 4.4.2).
const GICC_PMR: u64 = 0x004;

/// A priority mask that lets the non-secure world set its own.
const LOWEST_PRIORITY: u32 = 0xf0;

/// Puts all interrupts into group 1.
///
/// # Safety
///
/// These must be the machine's GICv2, and the processor in the secure state.
pub(crate) unsafe fn release_interrupts(distributor: PhysAddr, cpu_interface: PhysAddr) {
    let register = |base: PhysAddr, offset| {
        ptr::with_exposed_provenance_mut::<u32>((base.0 + offset) as usize)
    };
    // SAFETY: these are the controller's registers, and no one else uses it yet.
    unsafe {
        let last = register(distributor, GICD_TYPER).read_volatile() & 0x1f;
        for index in 0..=u64::from(last) {
            register(distributor, GICD_IGROUPR0 + 4 * index).write_volatile(!0);
        }
        register(cpu_interface, GICC_PMR).write_volatile(LOWEST_PRIORITY);
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Checks whether the non-secure world has the interrupts (Arm GIC Architecture Specification: IHI 0048B for GICv2,
//! IHI 0069 for GICv3). Secure interrupts read as disabled, whatever is written. With one security state, a GICv3 can
//! enable all, but only those in group 1 reach seL4.

use aarch64_cpu::registers::{MPIDR_EL1, Readable};
use kaal_payload::{Gic, PhysAddr};

use crate::image;

/// The interrupt of the virtual timer, banked by core (Arm BSA, DEN 0094).
pub(crate) const VIRTUAL_TIMER: u32 = 27;

/// The UART's interrupt on QEMU's virt machine.
pub(crate) const UART: u32 = 33;

/// The first interrupt that is not banked by core.
const FIRST_SHARED: u32 = 32;

/// GICD_CTLR, and its bit DS: there is only one security state.
const GICD_CTLR: u64 = 0x000;
const GICD_CTLR_DS: u32 = 1 << 6;

/// GICD_IGROUPR0, GICD_ISENABLER0 and GICD_ICENABLER0; also GICR_IGROUPR0, GICR_ISENABLER0 and GICR_ICENABLER0 in their
/// frame.
const IGROUPR0: u64 = 0x080;
const ISENABLER0: u64 = 0x100;
const ICENABLER0: u64 = 0x180;

/// GICR_TYPER, whose upper half is the core's affinity, and bits of it.
const GICR_TYPER: u64 = 0x008;
const GICR_TYPER_VLPIS: u32 = 1 << 1;
const GICR_TYPER_LAST: u32 = 1 << 4;

/// Size in bytes of a redistributor's frame. The second frame has the registers of the core's own interrupts.
const GICR_FRAME: u64 = 0x1_0000;

/// Enables `interrupt` on this core for a moment. Returns whether this worked, and seL4 would get the interrupt. The
/// translation must be the probe's own.
pub(crate) fn can_be_enabled(gic: Gic, interrupt: u32) -> bool {
    let registers = match gic {
        Gic::V3 { redistributors, .. } if interrupt < FIRST_SHARED => {
            match own_redistributor(redistributors) {
                Some(redistributor) => redistributor + GICR_FRAME,
                None => return false,
            }
        }
        Gic::V2 { distributor, .. } | Gic::V3 { distributor, .. } => distributor.0,
    };
    let offset = u64::from(interrupt / 32 * 4);
    let bit = 1 << (interrupt % 32);
    write(registers + ISENABLER0 + offset, bit);
    let is_enabled = read(registers + ISENABLER0 + offset) & bit != 0;
    write(registers + ICENABLER0 + offset, bit);
    let is_in_group_1 = match gic {
        Gic::V3 { distributor, .. } if read(distributor.0 + GICD_CTLR) & GICD_CTLR_DS != 0 => {
            read(registers + IGROUPR0 + offset) & bit != 0
        }
        _ => true,
    };
    is_enabled && is_in_group_1
}

/// Finds this core's redistributor; `first` is the address of the first one.
fn own_redistributor(first: PhysAddr) -> Option<u64> {
    let mpidr = MPIDR_EL1.get();
    let affinity = (mpidr >> 8 & 0xff00_0000 | mpidr & 0xff_ffff) as u32;
    let mut address = first.0;
    while read(address + GICR_TYPER + 4) != affinity {
        let kind = read(address + GICR_TYPER);
        if kind & GICR_TYPER_LAST != 0 {
            return None;
        }
        address += GICR_FRAME * if kind & GICR_TYPER_VLPIS != 0 { 4 } else { 2 };
    }
    Some(address)
}

fn read(address: u64) -> u32 {
    // SAFETY: reading this register of the interrupt controller changes nothing.
    unsafe { register(address).read_volatile() }
}

fn write(address: u64, value: u32) {
    // SAFETY: interrupts are masked, and nothing else uses the controller.
    unsafe { register(address).write_volatile(value) };
}

fn register(address: u64) -> *mut u32 {
    core::ptr::with_exposed_provenance_mut((image::window_base() + address) as usize)
}

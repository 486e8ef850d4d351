// SPDX-License-Identifier: BSD-2-Clause

//! Gives interrupts to the non-secure world, and compares the numbers of cores (Arm GIC Architecture Specification:
//! IHI 0048B for GICv2, IHI 0069 for GICv3).
//!
//! Secure firmware usually gives the interrupts away. The loader does it if it was entered at EL3, or if a
//! GICv3 has only one security state, as some emulated ones do: seL4 puts interrupts into group 1 itself only
//! on QEMU's virt machine (seL4 16.0.0, `src/arch/arm/machine/gic_v3.c`). A GICv2 without security passes on
//! all interrupts.

use core::ptr;

use kaal_payload::{Decimal, Gic, Hex, PhysAddr};
use kaal_runtime::registers::current_level;
use kaal_runtime::{clock, cores, fail, state};

/// GICD_CTLR, and its bit RWP: a write has not taken effect yet.
const GICD_CTLR: u64 = 0x000;
const GICD_CTLR_RWP: u32 = 1 << 31;

/// GICD_CTLR.DS: there is only one security state.
const GICD_CTLR_DS: u32 = 1 << 6;

/// GICD_CTLR.ARE_S and ARE_NS: interrupts are routed by affinity, as seL4's driver for GICv3 expects.
const GICD_CTLR_ARE: u32 = 0b11 << 4;

/// GICD_TYPER. Its low five bits are the number of registers of 32 interrupts each, minus one.
const GICD_TYPER: u64 = 0x004;

/// GICD_IGROUPR0: one bit for each interrupt, 1 for group 1, the non-secure one. The first register is banked
/// by core; a GICv3 has it in the core's redistributor instead.
const GICD_IGROUPR0: u64 = 0x080;

/// GICD_ITARGETSR0 of a GICv2: a byte for each of the first interrupts, which are banked by core. The bit that
/// is set is the number of the core that reads it.
const GICD_ITARGETSR0: u64 = 0x800;

/// GICC_PMR: the lowest priority that passes.
const GICC_PMR: u64 = 0x004;

/// A priority mask that lets the non-secure world set its own.
const LOWEST_PRIORITY: u32 = 0xf0;

/// GICR_TYPER, and its upper half, the affinity of the redistributor's core.
const GICR_TYPER: u64 = 0x008;
const GICR_TYPER_AFFINITY: u64 = 0x00c;

/// GICR_TYPER.VLPIS: the redistributor has four frames, not two.
const GICR_TYPER_VLPIS: u32 = 1 << 1;

/// GICR_TYPER.Last: this is the last redistributor.
const GICR_TYPER_LAST: u32 = 1 << 4;

/// GICR_WAKER, and its bits that are set while the core gets no interrupts.
const GICR_WAKER: u64 = 0x014;
const GICR_WAKER_PROCESSOR_SLEEP: u32 = 1 << 1;
const GICR_WAKER_CHILDREN_ASLEEP: u32 = 1 << 2;

/// GICR_IGROUPR0, in a redistributor's second frame.
const GICR_IGROUPR0: u64 = GICR_FRAME + 0x080;

/// Size in bytes of a redistributor's frame.
const GICR_FRAME: u64 = 0x1_0000;

/// The interrupt controller, if the loader must give its interrupts to the non-secure world.
pub(crate) fn in_need_of_release() -> Option<Gic> {
    let gic = state::machine().gic?;
    let has_one_state = || match gic {
        Gic::V2 { .. } => false,
        Gic::V3 { distributor, .. } => {
            // SAFETY: reading this register of the controller changes nothing.
            let control = unsafe { register(distributor, GICD_CTLR).read_volatile() };
            control & GICD_CTLR_DS != 0
        }
    };
    (current_level() == 3 || has_one_state()).then_some(gic)
}

/// Puts the shared interrupts into group 1, before any core does so with its own.
pub(crate) fn release_shared_interrupts() {
    let Some(gic) = in_need_of_release() else {
        return;
    };
    // SAFETY: these are the controller's registers, and nothing else uses them yet.
    unsafe {
        let distributor = distributor(gic);
        if let Gic::V3 { .. } = gic {
            let control = register(distributor, GICD_CTLR);
            control.write_volatile(GICD_CTLR_ARE);
            clock::wait_for(control, GICD_CTLR_RWP, 0);
        }
        let last = register(distributor, GICD_TYPER).read_volatile() & 0x1f;
        for index in 1..=u64::from(last) {
            register(distributor, GICD_IGROUPR0 + 4 * index).write_volatile(!0);
        }
    }
}

/// Puts the own interrupts of this core, whose number is `core`, into group 1.
///
/// # Safety
///
/// `gic` must be the machine's interrupt controller.
pub(crate) unsafe fn release_own_interrupts(gic: Gic, core: u64) {
    // SAFETY: these are the controller's registers, and no other core uses this core's.
    unsafe {
        match gic {
            Gic::V2 { cpu_interface, .. } => {
                register(distributor(gic), GICD_IGROUPR0).write_volatile(!0);
                register(cpu_interface, GICC_PMR).write_volatile(LOWEST_PRIORITY);
            }
            Gic::V3 { redistributors, .. } => match find_redistributor(redistributors) {
                Some(redistributor) if wake(redistributor) => {
                    register(redistributor, GICR_IGROUPR0).write_volatile(!0);
                }
                _ => fail!(
                    "the interrupt controller does not know core {}",
                    Decimal(core)
                ),
            },
        }
    }
}

/// Ends the boot if a GICv2 has another number for this core than `core`: seL4 interrupts other cores by their numbers
/// (seL4 16.0.0, `src/arch/arm/machine/gic_v2.c`).
pub(crate) fn expect_number(core: u64) {
    let Some(Gic::V2 { distributor, .. }) = state::machine().gic else {
        return;
    };
    // SAFETY: reading this register of the controller changes nothing.
    let targets = unsafe { register(distributor, GICD_ITARGETSR0).read_volatile() } & 0xff;
    if targets != 0 && targets != 1 << core {
        fail!(
            "core {}, MPIDR {}, has the number {} in the interrupt controller; list the cores in \
             the device tree in the controller's order",
            Decimal(core),
            Hex(cores::own_affinity()),
            Decimal(targets.trailing_zeros().into())
        );
    }
}

fn distributor(gic: Gic) -> PhysAddr {
    let (Gic::V2 { distributor, .. } | Gic::V3 { distributor, .. }) = gic;
    distributor
}

/// Finds the redistributor of this core.
///
/// # Safety
///
/// `registers` must be those of the first redistributor.
unsafe fn find_redistributor(mut registers: PhysAddr) -> Option<PhysAddr> {
    let own = cores::own_affinity();
    let own = (own >> 8 & 0xff00_0000 | own & 0xff_ffff) as u32;
    loop {
        // SAFETY: there is a redistributor here.
        let (kind, affinity) = unsafe {
            (
                register(registers, GICR_TYPER).read_volatile(),
                register(registers, GICR_TYPER_AFFINITY).read_volatile(),
            )
        };
        if affinity == own {
            return Some(registers);
        }
        if kind & GICR_TYPER_LAST != 0 {
            return None;
        }
        let frames = if kind & GICR_TYPER_VLPIS != 0 { 4 } else { 2 };
        registers.0 += frames * GICR_FRAME;
    }
}

/// Makes a redistributor pass on interrupts. Returns false if it doesn't in time.
///
/// # Safety
///
/// `redistributor` must be its registers.
unsafe fn wake(redistributor: PhysAddr) -> bool {
    let waker = register(redistributor, GICR_WAKER);
    // SAFETY: the caller vouches for the registers; the other bits are reserved.
    unsafe {
        waker.write_volatile(waker.read_volatile() & !GICR_WAKER_PROCESSOR_SLEEP);
        clock::wait_for(waker, GICR_WAKER_CHILDREN_ASLEEP, 0)
    }
}

/// A register of the block at `base`.
fn register(base: PhysAddr, offset: u64) -> *mut u32 {
    ptr::with_exposed_provenance_mut((base.0 + offset) as usize)
}

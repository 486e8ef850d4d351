// SPDX-License-Identifier: BSD-2-Clause

//! Lets the non-secure world have the interrupts, and compares cores' numbers (Arm GIC Architecture
//! Specification: IHI 0048B for GICv2, IHI 0069 for GICv3).
//!
//! The former is only needed where no secure firmware has done it: where the loader is entered at EL3,
//! and where the controller has one security state only, as some emulated ones have. There, seL4 would get no
//! interrupts of a GICv3 either: it puts them into group 1 itself on QEMU's virt machine only (seL4
//! 16.0.0, `src/arch/arm/machine/gic_v3.c`). A GICv2 without security passes on all.

use core::ptr;

use kaal_payload::{Decimal, Gic, Hex, PhysAddr};
use kaal_runtime::registers::current_level;
use kaal_runtime::{clock, cores, fail, state};

/// GICD_CTLR, and its bit .RWP: what was written has not taken effect yet.
const GICD_CTLR: u64 = 0x000;
const GICD_CTLR_RWP: u32 = 1 << 31;

/// GICD_CTLR.DS: there is one security state only.
const GICD_CTLR_DS: u32 = 1 << 6;

/// GICD_CTLR.ARE_S and .ARE_NS: interrupts are routed by affinity, as seL4's driver for GICv3 expects.
const GICD_CTLR_ARE: u32 = 0b11 << 4;

/// GICD_TYPER: its low five bits say how many registers of 32 interrupts each there are, minus one.
const GICD_TYPER: u64 = 0x004;

/// GICD_IGROUPR0: one bit an interrupt, 1 for group 1, the non-secure one. The first register is each
/// core's own; of a GICv3, it is not here but with the core's redistributor.
const GICD_IGROUPR0: u64 = 0x080;

/// GICD_ITARGETSR0 of a GICv2: a byte for each of the first interrupts, which are every core's own. Each
/// has the bit set whose number the controller has for the core that reads it.
const GICD_ITARGETSR0: u64 = 0x800;

/// GICC_PMR: the lowest priority that is let through.
const GICC_PMR: u64 = 0x004;

/// A priority mask that lets the non-secure world set its own.
const LOWEST_PRIORITY: u32 = 0xf0;

/// GICR_TYPER, and its upper half: the affinity of the redistributor's core.
const GICR_TYPER: u64 = 0x008;
const GICR_TYPER_AFFINITY: u64 = 0x00c;

/// GICR_TYPER.VLPIS: the redistributor has four frames instead of two.
const GICR_TYPER_VLPIS: u32 = 1 << 1;

/// GICR_TYPER.Last: no other redistributor follows.
const GICR_TYPER_LAST: u32 = 1 << 4;

/// GICR_WAKER, and what it says as long as the core gets no interrupts.
const GICR_WAKER: u64 = 0x014;
const GICR_WAKER_PROCESSOR_SLEEP: u32 = 1 << 1;
const GICR_WAKER_CHILDREN_ASLEEP: u32 = 1 << 2;

/// GICR_IGROUPR0, in a redistributor's second frame.
const GICR_IGROUPR0: u64 = GICR_FRAME + 0x080;

/// Size of a redistributor's frame.
const GICR_FRAME: u64 = 0x1_0000;

/// The interrupt controller, if nobody else lets the non-secure world have its interrupts.
pub(crate) fn in_need_of_release() -> Option<Gic> {
    let gic = state::machine().gic?;
    let has_one_state = || match gic {
        Gic::V2 { .. } => false,
        Gic::V3 { distributor, .. } => {
            // SAFETY: this register of the controller changes nothing when it is read.
            let control = unsafe { register(distributor, GICD_CTLR).read_volatile() };
            control & GICD_CTLR_DS != 0
        }
    };
    (current_level() == 3 || has_one_state()).then_some(gic)
}

/// Puts the interrupts that no core has for itself into group 1, before any core does so with its own.
pub(crate) fn release_shared_interrupts() {
    let Some(gic) = in_need_of_release() else {
        return;
    };
    // SAFETY: these are the controller's registers, and no one else uses them yet.
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

/// Puts the interrupts of this core, whose number is `core`, into group 1.
///
/// # Safety
///
/// This must be the machine's interrupt controller, [in need of it](in_need_of_release).
pub(crate) unsafe fn release_own_interrupts(gic: Gic, core: u64) {
    // SAFETY: these are the controller's registers, and no one else uses this core's.
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

/// Makes sure that this core, whose number is `core`, has the same number for a GICv2, if that tells it:
/// seL4 interrupts other cores by it (seL4 16.0.0, `src/arch/arm/machine/gic_v2.c`).
pub(crate) fn expect_number(core: u64) {
    let Some(Gic::V2 { distributor, .. }) = state::machine().gic else {
        return;
    };
    // SAFETY: this register of the controller changes nothing when it is read.
    let targets = unsafe { register(distributor, GICD_ITARGETSR0).read_volatile() } & 0xff;
    if targets != 0 && targets != 1 << core {
        fail!(
            "core {}, MPIDR {}, has the number {} for the interrupt controller, which the kernel \
             takes for another core's; let the device tree list the cores in the controller's order",
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

/// The registers of this core's redistributor.
///
/// # Safety
///
/// At `registers` must be those of the first.
unsafe fn find_redistributor(mut registers: PhysAddr) -> Option<PhysAddr> {
    let own = cores::own_affinity();
    let own = (own >> 8 & 0xff00_0000 | own & 0xff_ffff) as u32;
    loop {
        // SAFETY: there is one here.
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

/// Lets a redistributor pass on interrupts, and returns whether it does.
///
/// # Safety
///
/// These must be a redistributor's registers.
unsafe fn wake(redistributor: PhysAddr) -> bool {
    let waker = register(redistributor, GICR_WAKER);
    // SAFETY: the caller's promise; other bits are reserved.
    unsafe {
        waker.write_volatile(waker.read_volatile() & !GICR_WAKER_PROCESSOR_SLEEP);
        clock::wait_for(waker, GICR_WAKER_CHILDREN_ASLEEP, 0)
    }
}

/// A register of the block at `base`.
fn register(base: PhysAddr, offset: u64) -> *mut u32 {
    ptr::with_exposed_provenance_mut((base.0 + offset) as usize)
}

// SPDX-License-Identifier: BSD-2-Clause

//! Ends endless boots, by regular interrupts that images can't control.
//!
//! A timer counts instructions: QEMU gives each the same time, so a flip has the same result on any host. But
//! no time passes if every instruction fails to be fetched, and the exception vector too. So there is also an
//! alarm by the host's clock. It counts only after it has rung several times during one boot.

use core::arch::asm;

use aarch64_cpu::registers::{CNTPCT_EL0, Readable};

/// The GICv2 of QEMU's virt machine: distributor and CPU interface.
const DISTRIBUTOR: usize = 0x800_0000;
const CPU_INTERFACE: usize = 0x801_0000;

/// GICD_CTLR and GICC_CTLR: on.
const CONTROL: usize = 0x000;

/// GICD_ISENABLER0, GICD_ISENABLER1 and GICD_ITARGETSR8
const ENABLE: usize = 0x100;
const ENABLE_SHARED: usize = 0x104;
const TARGETS_SHARED: usize = 0x820;

/// GICC_PMR: all interrupts pass.
const PRIORITY_MASK: usize = 0x004;

/// GICC_IAR and GICC_EOIR
const ACKNOWLEDGE: usize = 0x00c;
const END: usize = 0x010;

/// The interrupt of the timer of EL2 on QEMU's virt machine: PPI 10.
const INTERRUPT: u32 = 16 + 10;

/// The interrupt of the PL031 on QEMU's virt machine: SPI 2.
const ALARM_INTERRUPT: u32 = 32 + 2;

/// The PL031 of QEMU's virt machine, a clock with an alarm.
const ALARM_CLOCK: usize = 0x901_0000;

/// RTCDR, RTCMR, RTCIMSC and RTCICR: the seconds, the time of the alarm, its mask, and its end.
const SECONDS: usize = 0x000;
const MATCH: usize = 0x004;
const ENABLE_ALARM: usize = 0x010;
const CLEAR_ALARM: usize = 0x01c;

/// Seconds between alarms.
const ALARM_PERIOD: u32 = 1;

/// Time between interrupts of the timer, in units of 16 ns.
const PERIOD: u64 = 1 << 13;

/// The source of an interrupt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// The timer.
    Timer,
    /// The alarm.
    Alarm,
}

/// Starts timer and alarm.
pub(crate) fn start() {
    const CORE_0: u32 = 1;

    // SAFETY: the interrupt controller and the clock are here, and nothing else uses them.
    unsafe {
        write(DISTRIBUTOR + ENABLE, 1 << INTERRUPT);
        write(DISTRIBUTOR + ENABLE_SHARED, 1 << (ALARM_INTERRUPT % 32));
        write(
            DISTRIBUTOR + TARGETS_SHARED,
            CORE_0 << (ALARM_INTERRUPT % 4 * 8),
        );
        write(DISTRIBUTOR + CONTROL, 1);
        write(CPU_INTERFACE + PRIORITY_MASK, 0xff);
        write(CPU_INTERFACE + CONTROL, 1);
        write(ALARM_CLOCK + ENABLE_ALARM, 1);
    }
    set_timer();
    set_alarm();
}

/// Handles an interrupt.
pub(crate) fn interrupt() -> Interrupt {
    // SAFETY: as above.
    let number = unsafe { read(CPU_INTERFACE + ACKNOWLEDGE) };
    let interrupt = match number {
        ALARM_INTERRUPT => Interrupt::Alarm,
        _ => Interrupt::Timer,
    };
    match interrupt {
        Interrupt::Timer => set_timer(),
        Interrupt::Alarm => set_alarm(),
    }
    // SAFETY: as above.
    unsafe { write(CPU_INTERFACE + END, number) };
    interrupt
}

/// The time, in the counter's units.
pub(crate) fn now() -> u64 {
    CNTPCT_EL0.get()
}

fn set_timer() {
    let next = now() + PERIOD;
    // SAFETY: the timer is this program's.
    unsafe {
        asm!(
            "msr cnthp_cval_el2, {next}",
            "msr cnthp_ctl_el2, {enable}",
            "isb",
            next = in(reg) next,
            enable = in(reg) 1u64,
            options(nostack, preserves_flags)
        );
    }
}

fn set_alarm() {
    // SAFETY: as above.
    unsafe {
        write(ALARM_CLOCK + CLEAR_ALARM, 1);
        let now = read(ALARM_CLOCK + SECONDS);
        write(ALARM_CLOCK + MATCH, now.wrapping_add(ALARM_PERIOD));
    }
}

/// # Safety
///
/// `address` must be that of a readable register.
unsafe fn read(address: usize) -> u32 {
    // SAFETY: the caller vouches for the register.
    unsafe { (address as *const u32).read_volatile() }
}

/// # Safety
///
/// `address` must be that of a register that may have this value.
unsafe fn write(address: usize, value: u32) {
    // SAFETY: the caller vouches for the register.
    unsafe { (address as *mut u32).write_volatile(value) };
}

// SPDX-License-Identifier: BSD-2-Clause

//! The generic timer of the Arm architecture (Arm ARM, D12.1.2): registers of the processor, which some
//! kernels export to all components.

use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{
    CNTFRQ_EL0, CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTPCT_EL0, Readable, Writeable,
};
use sel4::sel4_cfg_bool;

/// The physical counter, on kernels that export it.
#[derive(Clone, Copy, Debug)]
pub struct Counter {
    /// Ticks in a second.
    pub frequency: u64,
}

impl Counter {
    /// Returns the counter; `None` if the kernel doesn't export it.
    pub fn new() -> Option<Self> {
        sel4_cfg_bool!(EXPORT_PCNT_USER).then(|| Self {
            frequency: CNTFRQ_EL0.get(),
        })
    }

    /// Returns the ticks since the machine's start.
    pub fn ticks(self) -> u64 {
        // Without it, the processor may read the counter before earlier instructions.
        barrier::isb(barrier::SY);
        CNTPCT_EL0.get()
    }
}

/// The alarm of the physical counter, on kernels that export it. Any component can set it, so a component
/// that trusts others less must not rely on it alone.
#[derive(Debug)]
pub struct GenericTimer {
    /// The counter.
    pub counter: Counter,
}

impl GenericTimer {
    /// The device's `compatible`, for its interrupt.
    pub const DEVICE: &str = "arm,armv8-timer";

    /// Returns the timer; `None` if the kernel doesn't export it.
    pub fn new() -> Option<Self> {
        let counter = Counter::new()?;
        sel4_cfg_bool!(EXPORT_PTMR_USER).then_some(Self { counter })
    }

    /// Interrupts as soon as the counter has this number of ticks, and until the alarm is set anew or
    /// [stopped](Self::stop).
    pub fn set(&self, ticks: u64) {
        CNTP_CVAL_EL0.set(ticks);
        CNTP_CTL_EL0.write(CNTP_CTL_EL0::ENABLE::SET);
        barrier::isb(barrier::SY);
    }

    /// Stops the interrupt.
    pub fn stop(&self) {
        CNTP_CTL_EL0.set(0);
        barrier::isb(barrier::SY);
    }
}

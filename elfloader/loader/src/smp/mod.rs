// SPDX-License-Identifier: BSD-2-Clause

//! Starts the other cores that the kernel waits for.
//!
//! All cores begin at [`start`], no matter how they are started (`way.rs`). They enter the kernel by the same steps as
//! the first core. [`kaal_runtime::cores`] explains why they agree about memory.

mod way;

use core::arch::naked_asm;
use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use kaal_devicetree::Facts;
use kaal_payload::{Cpu, Decimal, Hex, MAX_CORES, Payload};
use kaal_runtime::{cores, entry, fail};

use crate::mmu::Handover;
use crate::{gic, level};
use way::{LATE, in_words};

/// The cores of the kernel, this one first. Prints as in "4 cores, ", or as nothing for a single core.
pub(crate) struct Team {
    cpus: [Cpu; MAX_CORES as usize],
    size: usize,
}

impl fmt::Display for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.size {
            1 => Ok(()),
            size => write!(f, "{} cores, ", Decimal(size as u64)),
        }
    }
}

impl Team {
    /// Finds the cores for the kernel: this one, then those of the device tree in their order.
    pub(crate) fn find(payload: &Payload<'_>, facts: Option<&Facts>) -> Self {
        let mut team = Self {
            cpus: [Cpu::default(); _],
            size: 0,
        };
        let wanted = payload.cores as usize;
        team.add(
            wanted,
            Cpu {
                mpidr: cores::own_affinity(),
                ..Cpu::default()
            },
        );
        let known = match facts {
            Some(facts) => &*facts.cpus,
            None => payload.cpus,
        };
        known.iter().for_each(|&cpu| team.add(wanted, cpu));
        if team.size < wanted {
            fail!(
                "the kernel waits for {} cores, the device tree names {}; boot a machine \
                 with more, or build the kernel for fewer",
                Decimal(wanted as u64),
                Decimal(team.size as u64)
            );
        }
        team
    }

    /// Adds a core, unless it is there already or the team is complete.
    #[inline(never)]
    fn add(&mut self, wanted: usize, cpu: Cpu) {
        let known = self.cpus.get(..self.size).unwrap_or_default();
        if self.size < wanted
            && known.iter().all(|known| known.mpidr != cpu.mpidr)
            && let Some(place) = self.cpus.get_mut(self.size)
        {
            *place = cpu;
            self.size += 1;
        }
    }

    /// The cores to start, by their number from 1 on.
    pub(crate) fn others(&self) -> &[Cpu] {
        self.cpus.get(1..self.size).unwrap_or_default()
    }

    /// Starts the other cores, and waits until each is about to enter the kernel. Cores in the pen that the
    /// kernel doesn't need go to sleep.
    ///
    /// # Safety
    ///
    /// `handover` must never change.
    pub(crate) unsafe fn start(&self, handover: &Handover) {
        if self.size > 1 {
            gic::expect_number(0);
        }
        HANDOVER.store(ptr::from_ref(handover).cast_mut(), Relaxed);
        let entry = start as *const () as usize;
        for (number, cpu) in (1..).zip(self.others()) {
            cores::enlist(number, cpu.mpidr);
            cores::barrier();
            if let Err(reason) = way::start(cpu, entry as u64) {
                give_up(number, cpu, reason);
            }
        }
        cores::open_pen(entry);
        for (number, cpu) in (1..).zip(self.others()) {
            if !cores::becomes_ready(number) {
                give_up(number, cpu, LATE);
            }
        }
    }
}

fn give_up(number: u64, cpu: &Cpu, reason: u32) -> ! {
    let (number, mpidr) = (Decimal(number), Hex(cpu.mpidr));
    let reason = in_words(reason);
    fail!("core {number}, MPIDR {mpidr} does not start: {reason}");
}

/// The registers that all cores enter the kernel with.
static HANDOVER: AtomicPtr<Handover> = AtomicPtr::new(ptr::null_mut());

/// The entry point of the other cores.
///
/// # Safety
///
/// As [`entry::start_listed`].
#[unsafe(naked)]
unsafe extern "C" fn start() -> ! {
    naked_asm!(
        "adr     x1, {main}",
        "b       {start}",
        main = sym main,
        start = sym entry::start_listed,
    )
}

/// Takes the same steps as the first core.
extern "C" fn main(number: u64) -> ! {
    gic::expect_number(number);
    // SAFETY: it was set before this core started, and doesn't change.
    let handover = unsafe { &*HANDOVER.load(Relaxed) };
    level::lower_to(handover.exception_level(), number);
    cores::report_ready(number);
    handover.enter_kernel()
}

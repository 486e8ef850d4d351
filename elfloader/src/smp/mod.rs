// SPDX-License-Identifier: BSD-2-Clause

//! Starts the other cores that the kernel waits for.
//!
//! All begin at [`start`], however they are started (`way.rs`), and go down to the kernel by the same
//! steps as the first core, with the MMU off until the last of them. Why they agree on what is in
//! memory, [`kaal_runtime::cores`] says.

mod way;

use core::arch::naked_asm;
use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use kaal_payload::{Cpu, Decimal, Hex, MAX_CORES, Payload};
use kaal_runtime::{clock, cores, entry, fail};

use crate::device_tree::Found;
use crate::level;
use crate::mmu::Handover;

/// The cores to start, shown as in "4 cores, ", or not at all where there are none.
pub(crate) struct Others {
    cpus: [Cpu; MAX_CORES as usize - 1],
    count: usize,
}

impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            0 => Ok(()),
            count => write!(f, "{} cores, ", Decimal(count as u64 + 1)),
        }
    }
}

/// A core to start, and its number.
struct Other {
    number: u64,
    cpu: Cpu,
}

/// As errors name it.
impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, mpidr) = (Decimal(self.number), Hex(self.cpu.mpidr));
        write!(f, "core {number}, MPIDR {mpidr}")
    }
}

impl Others {
    /// Finds the cores: the first in the device tree that are not the one that runs this.
    pub(crate) fn find(payload: &Payload<'_>, device_tree: &Found) -> Self {
        let mut others = Self {
            cpus: [Cpu::default(); _],
            count: 0,
        };
        let wanted = payload.cores as usize - 1;
        if wanted == 0 {
            return others;
        }
        let own = cores::own_affinity();
        let add = |cpu: Cpu| {
            if others.count < wanted
                && cpu.mpidr != own
                && let Some(place) = others.cpus.get_mut(others.count)
            {
                *place = cpu;
                others.count += 1;
            }
        };
        match &device_tree.firmware {
            Some((_, tree)) => kaal_machine::cpus(tree).for_each(add),
            None => payload.cpus.iter().copied().for_each(add),
        }
        if others.count < wanted {
            fail!(
                "the kernel waits for {} cores, the device tree names {}; build the image with \
                 the --dtb of a machine that has them",
                Decimal(wanted as u64 + 1),
                Decimal(others.count as u64 + 1)
            );
        }
        others
    }

    /// The cores.
    fn iter(&self) -> impl Iterator<Item = Other> + Clone {
        let cpus = self.cpus.iter().take(self.count);
        (1..).zip(cpus).map(|(number, &cpu)| Other { number, cpu })
    }

    /// Starts the cores, and waits until each is about to enter the kernel. Where no core is needed,
    /// those that wait in the pen are put to rest.
    ///
    /// # Safety
    ///
    /// `handover` must stay as it is for ever.
    pub(crate) unsafe fn start(&self, handover: &Handover) {
        HANDOVER.store(ptr::from_ref(handover).cast_mut(), Relaxed);
        cores::enlist(self.iter().map(|other| other.cpu.mpidr));
        cores::open_pen(start as *const () as usize);
        cores::barrier();
        for other in self.iter() {
            other.start();
        }
        cores::wake_all();
        for other in self.iter() {
            if !cores::becomes_ready(other.number) {
                fail!("{other} did not start within {} s", Decimal(clock::SECONDS));
            }
        }
    }
}

/// What all cores enter the kernel with.
static HANDOVER: AtomicPtr<Handover> = AtomicPtr::new(ptr::null_mut());

/// Where a core begins.
///
/// # Safety
///
/// As [`entry::start_listed`].
#[unsafe(naked)]
unsafe extern "C" fn start() -> ! {
    naked_asm!(
        "adrp    x1, {main}",
        "add     x1, x1, :lo12:{main}",
        "b       {start}",
        main = sym main,
        start = sym entry::start_listed,
    )
}

/// Goes where the first core goes.
extern "C" fn main(number: u64) -> ! {
    // SAFETY: set before this core was started, to what stays as it is.
    let handover = unsafe { &*HANDOVER.load(Relaxed) };
    level::lower_to(handover.exception_level(), number);
    cores::report_ready(number);
    handover.enter_kernel()
}

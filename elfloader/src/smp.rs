// SPDX-License-Identifier: BSD-2-Clause

//! Starts the other cores that the kernel waits for.
//!
//! A core is started by the firmware (PSCI), or it looks for an address to go to: where the firmware
//! says (spin-table) or, without firmware, in the pen. All begin at [`start`], and go down to the
//! kernel by the same steps as the first core, with the MMU off until the last of them. Why they agree
//! on what is in memory, [`kaal_runtime::cores`] says.

use core::arch::naked_asm;
use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use kaal_payload::{Cpu, Decimal, Hex, MAX_CORES, Payload, PhysAddr, PsciConduit, Text};
use kaal_runtime::registers::current_level;
use kaal_runtime::{cache, clock, cores, entry, fail, state, stop};
use smccc::psci::{self, error::Error};
use smccc::{Hvc, Smc};

use crate::device_tree::Found;
use crate::level;
use crate::mmu::Handover;

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

/// The cores to start, shown as in "4 cores, ", or not at all where there are none.
pub(crate) struct Others {
    cpus: [Cpu; MAX_CORES as usize - 1],
    count: usize,
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
                "the kernel waits for {} cores, the device tree names {}; boot it on a machine \
                 that has them, or build the image with the machine's --dtb",
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

    /// Starts the cores, and waits until each is about to enter the kernel.
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

impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            0 => Ok(()),
            count => write!(f, "{} cores, ", Decimal(count as u64 + 1)),
        }
    }
}

impl Other {
    /// Starts the core, unless it waits in the pen.
    fn start(&self) {
        let entry = start as *const () as u64;
        if self.cpu.release_address != PhysAddr(0) {
            // SAFETY: the device tree says that this word is for that.
            return unsafe { release(self.cpu.release_address, entry) };
        }
        if state::entered_at_el3() {
            return;
        }
        let result = match stop::conduit() {
            Some(PsciConduit::Smc) => psci::cpu_on::<Smc>(self.cpu.mpidr, entry, 0),
            Some(PsciConduit::Hvc) => psci::cpu_on::<Hvc>(self.cpu.mpidr, entry, 0),
            None => fail!(
                "{self} can't be started: the device tree names no cpu-release-addr, and no PSCI \
                 that EL{} can call",
                Decimal(current_level())
            ),
        };
        if let Err(error) = result {
            fail!("{self} can't be started: PSCI says {}", in_words(error));
        }
    }
}

/// Writes where to go to the word that a core looks at (Linux, `Documentation/arch/arm64/booting.rst`,
/// "spin-table"). The core may do so through a cache, which must not have an old line of it.
///
/// # Safety
///
/// The word must be there for that.
unsafe fn release(word: PhysAddr, entry: u64) {
    let word = ptr::with_exposed_provenance_mut::<u64>(word.0 as usize);
    // SAFETY: the caller's promise.
    unsafe {
        cache::invalidate(word.cast(), size_of::<u64>());
        word.write_volatile(entry);
        cores::barrier();
        cache::invalidate(word.cast(), size_of::<u64>());
    }
}

/// An answer of PSCI, in the words of its specification (Arm DEN 0022, section 5.2.2).
fn in_words(error: Error) -> Text {
    Text(match error {
        Error::NotSupported => "not supported",
        Error::InvalidParameters => "invalid parameters",
        Error::Denied => "denied",
        Error::AlreadyOn => "already on",
        Error::OnPending => "on pending",
        Error::InternalFailure => "internal failure",
        Error::NotPresent => "not present",
        Error::Disabled => "disabled",
        Error::InvalidAddress => "invalid address",
        Error::Unknown(_) => "something unknown",
    })
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

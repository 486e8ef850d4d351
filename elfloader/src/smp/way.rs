// SPDX-License-Identifier: BSD-2-Clause

//! The ways to start a core: the firmware does it (PSCI), or the core looks for an address to go to,
//! where the firmware says (spin-table) or, without firmware, in the pen.

use core::ptr;

use kaal_payload::{Decimal, PhysAddr, PsciConduit};
use kaal_runtime::registers::current_level;
use kaal_runtime::words::{Meaning, meaning};
use kaal_runtime::{cache, cores, fail, state, stop};
use smccc::psci::PSCI_CPU_ON_64;
use smccc::{Call, Hvc, Smc};

use super::{Other, start};

impl Other {
    /// Starts the core, unless it waits in the pen.
    pub(super) fn start(&self) {
        let entry = start as *const () as u64;
        if self.cpu.release_address != PhysAddr(0) {
            // SAFETY: the device tree says that this word is for that.
            return unsafe { release(self.cpu.release_address, entry) };
        }
        if state::entered_at_el3() {
            return;
        }
        let arguments = {
            let mut arguments = [0; 17];
            arguments[0] = self.cpu.mpidr;
            arguments[1] = entry;
            arguments
        };
        let [answer, ..] = match stop::conduit() {
            Some(PsciConduit::Smc) => Smc::call64(PSCI_CPU_ON_64, arguments),
            Some(PsciConduit::Hvc) => Hvc::call64(PSCI_CPU_ON_64, arguments),
            None => fail!(
                "{self} can't be started: the device tree names no cpu-release-addr, and no PSCI \
                 that EL{} can call",
                Decimal(current_level())
            ),
        };
        match answer as i32 {
            0 => {}
            error => fail!("{self} can't be started: PSCI says {}", in_words(error)),
        }
    }
}

/// Writes where to go to the word that a core looks at (Linux, `Documentation/arch/arm64/booting.rst`,
/// "spin-table"). It may do so through a cache: no line of it may be written back over the word, nor
/// keep its old value.
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

/// The errors of PSCI without their sign (Arm DEN 0022, section 5.2.2).
const ERRORS: &[u8] = b"\
    \x01not supported\n\
    \x02invalid parameters\n\
    \x03denied\n\
    \x04already on\n\
    \x05on pending\n\
    \x06internal failure\n\
    \x07not present\n\
    \x08disabled\n\
    \x09invalid address";

fn in_words(error: i32) -> Meaning {
    meaning(ERRORS, error.unsigned_abs().into()).unwrap_or(Meaning(b"something unknown"))
}

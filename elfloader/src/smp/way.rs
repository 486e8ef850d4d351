// SPDX-License-Identifier: BSD-2-Clause

//! The ways to start a core: the firmware does it (PSCI), or the core looks for an address to go to,
//! where the firmware says (spin-table) or, without firmware, in the pen.

use core::ptr;

use kaal_payload::{Decimal, PhysAddr, PsciConduit, Text};
use kaal_runtime::registers::current_level;
use kaal_runtime::{cache, cores, fail, state, stop};
use smccc::psci::{self, error::Error};
use smccc::{Hvc, Smc};

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

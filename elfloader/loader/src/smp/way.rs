// SPDX-License-Identifier: BSD-2-Clause

//! Ways to start a core: the firmware starts it (PSCI), or the core polls for an address, in a word of the firmware
//! (spin-table) or, without firmware, in the pen.

use core::ptr;

use kaal_payload::{Cpu, PhysAddr, PsciConduit};
use kaal_runtime::words::{Meaning, meaning};
use kaal_runtime::{cache, cores, state, stop};
use smccc::psci::PSCI_CPU_ON_64;
use smccc::{Call, Hvc, Smc};

/// Why a core does not start. Numbers up to 9 are PSCI's errors without their sign (Arm DEN 0022, section 5.2.2).
const REASONS: &[u8] = b"\
    \x01PSCI: not supported\n\
    \x02PSCI: invalid parameters\n\
    \x03PSCI: denied\n\
    \x04PSCI: already on\n\
    \x05PSCI: on pending\n\
    \x06PSCI: internal failure\n\
    \x07PSCI: not present\n\
    \x08PSCI: disabled\n\
    \x09PSCI: invalid address\n\
    \x40the device tree names no cpu-release-addr, and no PSCI that can be called from here\n\
    \x41it did not come up in time";

/// The device tree names no way to start the core.
const NO_WAY: u32 = 0x40;

/// The core didn't report in time.
pub(super) const LATE: u32 = 0x41;

/// The text of `reason`.
pub(super) fn in_words(reason: u32) -> Meaning {
    meaning(REASONS, reason.into()).unwrap_or(Meaning(b"PSCI: unknown error"))
}

/// Starts `cpu` at `entry`, unless it waits in the pen. Fails with a number of [`REASONS`].
pub(super) fn start(cpu: &Cpu, entry: u64) -> Result<(), u32> {
    if cpu.release_address != PhysAddr(0) {
        // SAFETY: the device tree says that this word is for this purpose.
        unsafe { release(cpu.release_address, entry) };
        return Ok(());
    }
    if state::entered_at_el3() {
        return Ok(());
    }
    let mut arguments = [0; 17];
    arguments[0] = cpu.mpidr;
    arguments[1] = entry;
    let [answer, ..] = match stop::conduit().ok_or(NO_WAY)? {
        PsciConduit::Smc => Smc::call64(PSCI_CPU_ON_64, arguments),
        PsciConduit::Hvc => Hvc::call64(PSCI_CPU_ON_64, arguments),
    };
    match answer as i32 {
        0 => Ok(()),
        error => Err(error.unsigned_abs()),
    }
}

/// Writes `entry` to the word that a core polls (Linux, `Documentation/arch/arm64/booting.rst`, "spin-table").
/// The core may poll through a cache, so no cache may hold the old value or write it back.
///
/// # Safety
///
/// The word must be for this purpose.
unsafe fn release(word: PhysAddr, entry: u64) {
    let place = ptr::with_exposed_provenance_mut::<u64>(word.0 as usize);
    // SAFETY: the caller vouches for the word.
    let clean = || unsafe { cache::clean(word.0, word.0 + size_of::<u64>() as u64) };
    clean();
    // SAFETY: as above.
    unsafe { place.write_volatile(entry) };
    cores::barrier();
    clean();
}

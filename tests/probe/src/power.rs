// SPDX-License-Identifier: BSD-2-Clause

//! Powers the machine off.

use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use kaal_payload::{Machine, PsciConduit};
use smccc::{Hvc, Smc, psci};

static CONDUIT: AtomicU8 = AtomicU8::new(0);

/// Sets how the firmware is called.
pub(crate) fn use_conduit(machine: Option<Machine>) {
    let conduit = machine.and_then(|machine| machine.psci);
    CONDUIT.store(conduit.map_or(0, |conduit| conduit as u8), Relaxed);
}

/// Powers off, or sleeps if the firmware can't do that.
pub(crate) fn off() -> ! {
    const SMC: u8 = PsciConduit::Smc as u8;
    const HVC: u8 = PsciConduit::Hvc as u8;
    // Forget the conduit first: without firmware, the call is an exception that leads here again.
    let _ = match CONDUIT.swap(0, Relaxed) {
        SMC => psci::system_off::<Smc>(),
        HVC => psci::system_off::<Hvc>(),
        _ => Ok(()),
    };
    loop {
        aarch64_cpu::asm::wfe();
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! The end of a boot that can't go on.

use core::fmt;
use core::panic::PanicInfo;

use kaal_payload::PsciConduit;
use smccc::{Hvc, Smc, psci};

use crate::console;
use crate::registers::current_level;
use crate::state::{self, entered_at_el3};

/// Says why the boot can't go on, and stops the machine.
#[macro_export]
macro_rules! fail {
    ($($argument:tt)+) => {
        $crate::stop::report_and_stop(format_args!($($argument)+))
    };
}

/// Says why the boot can't go on, and stops the machine.
pub fn report_and_stop(reason: fmt::Arguments<'_>) -> ! {
    state::begin_report();
    console::print(format_args!("KaaL: error: "));
    console::line(reason);
    stop()
}

/// Powers the machine off where its firmware can do that, else lets the core rest.
pub fn stop() -> ! {
    // A call to firmware goes to a higher exception level. Where there is none, the loader's own
    // vectors would get it.
    let call = match state::machine().psci {
        _ if entered_at_el3() => None,
        Some(PsciConduit::Smc) => Some(psci::system_off::<Smc> as fn() -> _),
        Some(PsciConduit::Hvc) if current_level() < 2 => Some(psci::system_off::<Hvc> as fn() -> _),
        _ => None,
    };
    if let Some(system_off) = call {
        console::line(format_args!("KaaL: powering off"));
        let _ = system_off();
    }
    console::line(format_args!("KaaL: no firmware to power off with, halted"));
    park()
}

/// Lets the core rest for good.
pub fn park() -> ! {
    loop {
        // SAFETY: waiting for an event changes nothing that compiled code relies on.
        unsafe { core::arch::asm!("wfe", options(nomem, nostack, preserves_flags)) };
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    crate::fail!("this is a mistake in KaaL itself, please report it")
}

// SPDX-License-Identifier: BSD-2-Clause

//! The end of a boot that can't go on.

use core::arch::naked_asm;
use core::fmt;
use core::panic::PanicInfo;

use kaal_payload::PsciConduit;
use smccc::{Hvc, Smc, psci};

use crate::registers::current_level;
use crate::state::{self, Reporter, entered_at_el3};
use crate::{console, read_register};

/// Says why the boot can't go on, and stops the machine.
#[macro_export]
macro_rules! fail {
    ($($argument:tt)+) => {
        $crate::stop::report_and_stop(format_args!($($argument)+))
    };
}

/// Says why the boot can't go on, and stops the machine; unless something else has failed, which
/// tells more of it. Any core may do so until it enters the kernel.
pub fn report_and_stop(reason: fmt::Arguments<'_>) -> ! {
    // The core's number: `entry.rs` has put it there.
    if state::begin_report(read_register!("tpidr_el1")) != Reporter::First {
        park();
    }
    console::print(format_args!("KaaL: error: "));
    console::line(reason);
    stop()
}

/// Powers the machine off where its firmware can do that, else lets the core rest.
pub fn stop() -> ! {
    if let Some(conduit) = conduit() {
        console::line(format_args!("KaaL: powering off"));
        let _ = match conduit {
            PsciConduit::Smc => psci::system_off::<Smc>(),
            PsciConduit::Hvc => psci::system_off::<Hvc>(),
        };
    }
    console::line(format_args!("KaaL: no firmware to power off with, halted"));
    park()
}

/// How firmware can be called. A call goes to a higher exception level: where there is none, the
/// program's own vectors would get it.
pub fn conduit() -> Option<PsciConduit> {
    match state::machine().psci {
        _ if entered_at_el3() => None,
        Some(PsciConduit::Hvc) if current_level() >= 2 => None,
        conduit => conduit,
    }
}

/// Lets the core rest for good: it waits for an interrupt where none is let through. Events, which
/// other cores send, do not disturb it.
///
/// To be jumped to in any state.
#[unsafe(naked)]
pub extern "C" fn park() -> ! {
    naked_asm!("1:", "wfi", "b       1b")
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    crate::fail!("this is a mistake in KaaL itself, please report it")
}

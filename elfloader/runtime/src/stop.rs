// SPDX-License-Identifier: BSD-2-Clause

//! Ends a boot that can't continue.

use core::arch::naked_asm;
use core::fmt;
use core::panic::PanicInfo;

use kaal_payload::PsciConduit;
use smccc::{Hvc, Smc, psci};

use crate::registers::current_level;
use crate::state::{self, Reporter, entered_at_el3};
use crate::{console, read_register};

/// Prints an error and stops the machine.
#[macro_export]
macro_rules! fail {
    ($($argument:tt)+) => {
        $crate::stop::report_and_stop(format_args!($($argument)+))
    };
}

/// Prints an error and stops the machine. If another core has reported something already, this core only sleeps. Any
/// core may call this until it enters the kernel.
pub fn report_and_stop(reason: fmt::Arguments<'_>) -> ! {
    // `entry.rs` keeps the core's number there.
    if state::begin_report(read_register!("tpidr_el1")) != Reporter::First {
        park();
    }
    console::print(format_args!("KaaL: error: "));
    console::line(reason);
    stop()
}

/// Powers the machine off, or halts the core if the firmware can't do that.
pub fn stop() -> ! {
    if let Some(conduit) = conduit() {
        console::line(format_args!("KaaL: powering off"));
        console::drain();
        let _ = match conduit {
            PsciConduit::Smc => psci::system_off::<Smc>(),
            PsciConduit::Hvc => psci::system_off::<Hvc>(),
        };
    }
    console::line(format_args!("KaaL: no firmware to power off with, halted"));
    park()
}

/// The instruction that calls the firmware. It must lead to a higher exception level, else the program's own vectors
/// would handle it.
pub fn conduit() -> Option<PsciConduit> {
    match state::machine().psci {
        _ if entered_at_el3() => None,
        Some(PsciConduit::Hvc) if current_level() >= 2 => None,
        conduit => conduit,
    }
}

/// Halts the core for good: it waits for an interrupt, and interrupts are masked. Events from other cores don't
/// wake it.
///
/// Jump here in any state.
#[unsafe(naked)]
#[unsafe(link_section = ".vectors.04.park")]
pub extern "C" fn park() -> ! {
    naked_asm!("1:", "wfi", "b       1b")
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    crate::fail!("this is a bug in KaaL, please report it")
}

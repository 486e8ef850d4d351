// SPDX-License-Identifier: BSD-2-Clause

//! Reports exceptions. None is expected, so each is the end of the boot.

use kaal_payload::{Decimal, Hex};

use crate::registers::current_level;
use crate::state;
use crate::syndrome::{Source, Syndrome};
use crate::{console, stop};

/// Says what happened and stops. Called from the vectors, with translation off.
pub(crate) extern "C" fn report(vector: u64, esr: u64, elr: u64, far: u64, core: u64) -> ! {
    if state::begin_report() {
        stop::park();
    }
    console::line(format_args!(
        "KaaL: fault: {} from {}, while {}",
        Syndrome(esr),
        Source(vector),
        state::step(core),
    ));
    console::print(format_args!(
        "KaaL: ESR {}, ELR {}, FAR {}, at EL{}",
        Hex(esr),
        Hex(elr),
        Hex(far),
        Decimal(current_level()),
    ));
    if core != 0 {
        console::print(format_args!(", on core {}", Decimal(core)));
    }
    console::line(format_args!(""));
    stop::stop()
}

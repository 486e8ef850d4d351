// SPDX-License-Identifier: BSD-2-Clause

//! The end of the system, if the root task can't go on.
//!
//! Without the root task, nothing ends a channel, restarts a component or takes anything back. So it
//! stops all components before itself, and the last line tells the state that the system is in.

use core::fmt::Display;
use core::panic::PanicInfo;

use sel4::init_thread;

use crate::console::{self, say};
use crate::threads;

/// Ends the system after a panic. A failed allocation panics too.
pub(crate) fn panicked(info: &PanicInfo<'_>) -> ! {
    let message = info.message();
    match info.location() {
        Some(place) => end(format_args!("panicked at {place}: {message}")),
        None => end(format_args!("panicked: {message}")),
    }
}

/// Prints the reason, whoever drives the console, and stops all components and the root task.
pub(crate) fn end(reason: impl Display) -> ! {
    console::lend(false);
    // Before anything that needs the kernel: if that panics again, the reason is known.
    say!("root task: {reason}");
    let (stopped, all) = threads::stop_all();
    say!("root task: stopped {stopped} of {all} components");
    if stopped == all {
        say!("KAAL_SYSTEM_STOPPED");
    }
    init_thread::suspend_self()
}

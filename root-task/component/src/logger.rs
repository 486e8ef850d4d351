// SPDX-License-Identifier: BSD-2-Clause

//! The macros of the crate `log`, which print to the console.

use core::fmt::Write;

use kaal_protocol::Refusal;
use log::{Log, Metadata, Record};
use sel4_immediate_sync_once_cell::ImmediateSyncOnceCell;

use crate::console::Console;

struct Logger(ImmediateSyncOnceCell<Console>);

static LOGGER: Logger = Logger(ImmediateSyncOnceCell::new());

/// Lets the macros of the crate `log` print to the console, each message in a line that begins with its
/// level. In the release profile, `debug!` and `trace!` are left out of the program. The component's entry
/// in `system.toml` must contain `needs = ["serial"]`.
///
/// ```no_run
/// # use kaal_component::Failure;
/// fn run() -> Result<(), Failure> {
///     kaal_component::log_to_console()?;
///     log::info!("{} plus {} is {}", 1, 2, 1 + 2);
///     log::warn!("this line begins with WARN");
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// Fails if the component's configuration doesn't need the service `serial`.
pub fn log_to_console() -> Result<(), Refusal> {
    let console = Console::open()?;
    // If it was called before, the console is open.
    if LOGGER.0.set(console).is_ok() && log::set_logger(&LOGGER).is_ok() {
        log::set_max_level(log::STATIC_MAX_LEVEL);
    }
    Ok(())
}

impl Log for Logger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if let Some(console) = self.0.get() {
            // If the console doesn't print, there is no one to tell.
            let _ = writeln!(console.another(), "{:5} {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}

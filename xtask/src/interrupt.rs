// SPDX-License-Identifier: BSD-2-Clause

//! Ends boots on Ctrl-C, so that neither QEMU nor files of a boot stay behind.

use std::process;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The time after which the program ends anyway: a build goes on if only this program gets the signal.
const GRACE: Duration = Duration::from_secs(4);

/// The exit status of shells for a program that SIGINT ended.
const STATUS: i32 = 130;

/// Calls `ask` on Ctrl-C, SIGTERM and SIGHUP, which should end the program.
pub(crate) fn handle(ask: impl Fn() + Send + 'static) -> Result<()> {
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]);
    let mut signals = signals.context("failed to handle Ctrl-C")?;
    thread::spawn(move || {
        signals.forever().next();
        ask();
        thread::sleep(GRACE);
        process::exit(STATUS);
    });
    Ok(())
}

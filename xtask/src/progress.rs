// SPDX-License-Identifier: BSD-2-Clause

//! What is said of work under way.

use std::fmt;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(100);

static QUIET: OnceLock<bool> = OnceLock::new();

/// Lets nothing be said from now on, if `is_quiet`, but results and errors.
pub(crate) fn set_quiet(is_quiet: bool) {
    // It is set once, when the program starts.
    let _ = QUIET.set(is_quiet);
}

fn is_quiet() -> bool {
    QUIET.get().copied().unwrap_or_default()
}

/// Says what begins now.
pub(crate) fn step(what: impl fmt::Display) {
    if !is_quiet() {
        println!("== {what}");
    }
}

/// Says how long all of it took.
pub(crate) fn end(started: Instant) {
    if !is_quiet() {
        eprintln!("ended after {:.1} s", started.elapsed().as_secs_f64());
    }
}

/// Lets Cargo, that `command` starts, say as much.
pub(crate) fn adapt(command: &mut Command) {
    if is_quiet() {
        command.env("CARGO_TERM_QUIET", "true");
    }
}

/// Shows on a terminal that something without output of its own is under way, until the value is dropped.
pub(crate) fn spinner(what: impl Into<String>) -> Spinner {
    let bar = match is_quiet() {
        true => ProgressBar::hidden(),
        false => ProgressBar::new_spinner(),
    };
    bar.set_message(what.into());
    bar.enable_steady_tick(TURN);
    Spinner(bar)
}

/// A spinner under way.
pub(crate) struct Spinner(ProgressBar);

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

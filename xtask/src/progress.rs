// SPDX-License-Identifier: BSD-2-Clause

//! Prints the progress of work.

use std::fmt;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressFinish};

/// The time between two steps of a spinner.
const TURN: Duration = Duration::from_millis(100);

static QUIET: OnceLock<bool> = OnceLock::new();

/// The time at which what was built began to run.
static BUILT: OnceLock<Instant> = OnceLock::new();

/// Prints only results and errors from now on if `is_quiet`.
pub(crate) fn set_quiet(is_quiet: bool) {
    // The program sets it once, when it starts.
    let _ = QUIET.set(is_quiet);
}

fn is_quiet() -> bool {
    QUIET.get().copied().unwrap_or_default()
}

/// Prints the name of a step that begins.
pub(crate) fn step(name: impl fmt::Display) {
    if !is_quiet() {
        println!("== {name}");
    }
}

/// Notes that the build is over, and its result runs from now on.
pub(crate) fn built() {
    // `watch`, which builds again and again, never prints the times.
    let _ = BUILT.set(Instant::now());
}

/// Prints the time since `started`.
pub(crate) fn end(started: Instant) {
    if is_quiet() {
        return;
    }
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    match BUILT.get() {
        Some(built) => {
            let [build, run] = [*built - started, built.elapsed()].map(seconds);
            eprintln!("built in {build}, ran {run}");
        }
        None => eprintln!("ended after {}", seconds(started.elapsed())),
    }
}

/// Makes Cargo, which `command` starts, as quiet as this program.
pub(crate) fn adapt(command: &mut Command) {
    if is_quiet() {
        command.env("CARGO_TERM_QUIET", "true");
    }
}

/// Shows on a terminal that something without output is running, until the value is dropped.
pub(crate) fn spinner(text: impl Into<String>) -> ProgressBar {
    let bar = match is_quiet() {
        true => ProgressBar::hidden(),
        false => ProgressBar::new_spinner(),
    };
    bar.set_message(text.into());
    bar.enable_steady_tick(TURN);
    bar.with_finish(ProgressFinish::AndClear)
}

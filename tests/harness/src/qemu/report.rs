// SPDX-License-Identifier: BSD-2-Clause

//! The goal and the result of a run of QEMU.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use super::{Input, Stop};

/// The goal of a run.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// The run succeeds at this console text, even if it is about a failure.
    pub expect: Option<String>,
    /// The time limit.
    pub limit: Option<Duration>,
    /// Whether to show the console.
    pub show: bool,
    /// What to show amid the console.
    pub announcement: Option<Announcement>,
    /// The file for the console's output.
    pub log: Option<PathBuf>,
    /// Ends the run from outside.
    pub stop: Option<Stop>,
    /// The source of the guest's console input.
    pub input: Input,
    /// Input in this order; if there is any, it replaces `input`.
    pub typed: Vec<Typed>,
}

/// A line to show amid a console, where the file of its output has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The console text to wait for; the line comes below the line in which it ends.
    pub after: &'static str,
    /// The line, without its end.
    pub line: String,
}

/// Input on the guest's console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The console text to wait for, after the previous input.
    pub after: String,
    /// The input.
    pub text: String,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The end of the run.
    pub end: End,
    /// The guest's output.
    pub console: String,
    /// QEMU's own output.
    pub messages: String,
    /// Its duration.
    pub duration: Duration,
}

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The expected text appeared.
    Expected,
    /// The guest reported a failure.
    Failed,
    /// QEMU ended by itself, for example because the guest powered off.
    Exited(ExitStatus),
    /// The time limit was reached.
    TimedOut,
    /// It was stopped from outside.
    Stopped,
}

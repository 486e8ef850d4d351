// SPDX-License-Identifier: BSD-2-Clause

//! What a run of QEMU is watched for, and what came of it.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use super::{Input, Stop};

/// What a run waits for.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Console text that ends the run well, even if it tells of a failure.
    pub expect: Option<String>,
    /// Console text whose time is noted.
    pub note: Option<String>,
    /// The time after which the run ends.
    pub limit: Option<Duration>,
    /// Whether the console is also shown while it runs.
    pub show: bool,
    /// The file that the console is written to.
    pub log: Option<PathBuf>,
    /// What ends the run from outside.
    pub stop: Option<Stop>,
    /// Where the guest's console input comes from.
    pub input: Input,
    /// What is typed, one after the other; in the place of `input`, where there is anything.
    pub typed: Vec<Typed>,
}

/// Something typed on the guest's console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// Console text that is waited for, behind what has been typed last.
    pub after: String,
    /// What is typed then.
    pub text: String,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// What the guest printed.
    pub console: String,
    /// What QEMU itself printed.
    pub messages: String,
    /// How long it took.
    pub duration: Duration,
    /// The time from the noted text to the expected one, where both were printed.
    pub from_note: Option<Duration>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The expected text was printed.
    Expected,
    /// The guest said that it failed.
    Failed,
    /// QEMU ended by itself, for example because the guest powered off.
    Exited(ExitStatus),
    /// The time was over.
    TimedOut,
    /// Somebody stopped it.
    Stopped,
}

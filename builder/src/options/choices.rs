// SPDX-License-Identifier: BSD-2-Clause

//! Values of options that are types of the payload header: what each is called, and what its help says.

use kaal_payload::{Integrity, LogLevel};

/// A value, its name on the command line and its help.
pub(crate) type Choice<T> = (T, &'static str, &'static str);

/// Values of `--log-level`.
pub(crate) const LOG_LEVELS: [Choice<LogLevel>; 3] = [
    (LogLevel::Error, "error", "Only why it stopped"),
    (LogLevel::Info, "info", "One line"),
    (LogLevel::Debug, "debug", "Also the machine and each region"),
];

/// Values of `--verify`.
pub(crate) const CHECKS: [Choice<Integrity>; 3] = [
    (Integrity::None, "none", "Nothing: the fewest instructions"),
    (
        Integrity::Crc32c,
        "crc32c",
        "A CRC-32C of itself and of each region: finds damage",
    ),
    (Integrity::Sha256, "sha256", "A SHA-256 of each"),
];

/// The name of `value`, one of `choices`.
pub(crate) fn name<T: PartialEq>(choices: &[Choice<T>], value: T) -> &'static str {
    let mut choices = choices.iter();
    choices
        .find(|(choice, ..)| *choice == value)
        .map_or("", |(_, name, _)| name)
}

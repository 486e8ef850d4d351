// SPDX-License-Identifier: BSD-2-Clause

//! Names and help texts of options whose values are types of the payload header.

use kaal_payload::{Integrity, LogLevel};

/// A value, its name on the command line and its help.
pub(crate) type Choice<T> = (T, &'static str, &'static str);

/// Values of `--log-level`.
pub(crate) const LOG_LEVELS: [Choice<LogLevel>; 3] = [
    (LogLevel::Error, "error", "Only why the boot ended"),
    (LogLevel::Info, "info", "One line"),
    (LogLevel::Debug, "debug", "Also the machine and each region"),
];

/// Values of `--verify`.
pub(crate) const CHECKS: [Choice<Integrity>; 3] = [
    (
        Integrity::None,
        "none",
        "None: only damage to headers and compressed chunks is found",
    ),
    (
        Integrity::Crc32c,
        "crc32c",
        "CRC-32C of the loader and of each region",
    ),
    (
        Integrity::Sha256,
        "sha256",
        "SHA-256 of each; signed images need it",
    ),
];

/// The name of `value`, one of `choices`.
pub(crate) fn name<T: PartialEq>(choices: &[Choice<T>], value: T) -> &'static str {
    let mut choices = choices.iter();
    choices
        .find(|(choice, ..)| *choice == value)
        .map_or("", |(_, name, _)| name)
}

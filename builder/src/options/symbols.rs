// SPDX-License-Identifier: BSD-2-Clause

//! Whether an image holds the names of addresses.

use clap::ValueEnum;

/// Whether an image holds the names of addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Symbols {
    /// For a debug kernel, by its configuration or, without one, where it has symbols that are few
    #[default]
    Auto,
    /// Always
    On,
    /// Never: the smallest image
    Off,
}

impl Symbols {
    /// The value of `--symbols`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Whether an image holds function names.

use clap::ValueEnum;

/// Whether an image holds function names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum Symbols {
    /// For debug kernels; without a configuration, for kernels with few symbols
    #[default]
    Auto,
    /// Always
    On,
    /// Never, for the smallest image
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

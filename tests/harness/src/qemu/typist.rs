// SPDX-License-Identifier: BSD-2-Clause

//! Types on a guest's console.

use std::io::Write;
use std::process::ChildStdin;

use anyhow::{Context, Result};

use super::Typed;

/// Types a list of inputs.
pub(super) struct Typist<'a> {
    keyboard: Option<ChildStdin>,
    typed: &'a [Typed],
    /// The number of bytes of the console before the next text to wait for.
    seen: usize,
}

impl<'a> Typist<'a> {
    /// Types all of `typed` on `keyboard`, one after the other.
    pub(super) fn new(keyboard: Option<ChildStdin>, typed: &'a [Typed]) -> Self {
        Self {
            keyboard,
            typed,
            seen: 0,
        }
    }

    /// Types the next input, if the `console` so far has its text.
    pub(super) fn follow(&mut self, console: &[u8]) -> Result<()> {
        while let (Some((next, rest)), Some(keyboard)) =
            (self.typed.split_first(), &mut self.keyboard)
        {
            let fresh = console.get(self.seen..).unwrap_or_default();
            let mut places = fresh.windows(next.after.len().max(1));
            let Some(place) = places.position(|text| text == next.after.as_bytes()) else {
                return Ok(());
            };
            keyboard
                .write_all(next.text.as_bytes())
                .context("failed to type")?;
            self.seen += place + next.after.len();
            self.typed = rest;
        }
        Ok(())
    }
}

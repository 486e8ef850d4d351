// SPDX-License-Identifier: BSD-2-Clause

//! Types on a guest's console.

use std::io::Write;
use std::process::ChildStdin;

use anyhow::{Context, Result};

use super::Typed;

/// Types what is to be typed.
pub(super) struct Typist<'a> {
    keyboard: Option<ChildStdin>,
    typed: &'a [Typed],
    /// Bytes of the console that lie before what the next text is waited for in.
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

    /// Types what comes next, if the `console` so far shows what is waited for.
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

// SPDX-License-Identifier: BSD-2-Clause

//! The result of a comparison.

use std::fmt;

use serde::Serialize;

/// A part of an image that differs.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    /// The part.
    part: String,
    /// How it differs.
    pub(super) details: Vec<String>,
    /// Whether it only follows from another difference.
    follows: bool,
}

impl Difference {
    pub(super) fn new(part: impl Into<String>, details: Vec<String>) -> Self {
        Self {
            part: part.into(),
            details,
            follows: false,
        }
    }

    /// Marks it, if it `follows` from another difference.
    pub(super) fn following_if(mut self, follows: bool) -> Self {
        self.follows |= follows;
        self
    }
}

/// All differences; none if the files are the same.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    differences: Vec<Difference>,
    /// Why some details are missing.
    notes: Vec<String>,
}

impl Report {
    /// Whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// Adds `difference`, if it has any details.
    pub(super) fn add(&mut self, difference: Difference) {
        if !difference.details.is_empty() {
            self.differences.push(difference);
        }
    }

    /// Adds a note, once.
    pub(super) fn note(&mut self, note: &str) {
        if !self.notes.iter().any(|other| other == note) {
            self.notes.push(note.to_owned());
        }
    }
}

/// One line for each difference and each detail, those that only follow at the end.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (heading, follows) in [("", false), ("consequences:\n", true)] {
            let differences = self.differences.iter();
            let differences = differences.filter(|difference| difference.follows == follows);
            for (index, difference) in differences.enumerate() {
                f.write_str(if index == 0 { heading } else { "" })?;
                writeln!(f, "{}", difference.part)?;
                for detail in &difference.details {
                    writeln!(f, "  {detail}")?;
                }
            }
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}

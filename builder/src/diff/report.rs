// SPDX-License-Identifier: BSD-2-Clause

//! What came of a comparison.

use std::fmt;

use serde::Serialize;

/// A part of an image that differs.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    /// The part.
    part: String,
    /// In what it differs.
    pub(super) details: Vec<String>,
    /// Whether that is only what another difference leads to.
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

    /// Marks it, if it `follows`, as what another difference leads to.
    pub(super) fn following_if(mut self, follows: bool) -> Self {
        self.follows |= follows;
        self
    }
}

/// All differences; none where two files are the same.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    differences: Vec<Difference>,
    /// Why something isn't known in more detail.
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

/// A line for each difference and its details, what only follows at the end.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (heading, follows) in [("", false), ("what follows from that:\n", true)] {
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

// SPDX-License-Identifier: BSD-2-Clause

//! The result of a comparison.

use std::fmt;

use serde::Serialize;

use crate::printable;

/// A part of an image that differs.
#[derive(Debug, Serialize)]
struct Difference {
    /// The part.
    part: String,
    /// How it differs.
    details: Vec<String>,
    /// Whether it only follows from another difference.
    follows: bool,
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

    /// Adds the difference of `part`, if it has any details. It may only follow from another difference.
    pub(super) fn add(&mut self, part: &str, details: Vec<String>, follows: bool) {
        if !details.is_empty() {
            self.differences.push(Difference {
                part: part.to_owned(),
                details,
                follows,
            });
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
                writeln!(f, "{}", printable::line(&difference.part))?;
                for detail in &difference.details {
                    writeln!(f, "  {}", printable::line(detail))?;
                }
            }
        }
        for note in &self.notes {
            writeln!(f, "note: {}", printable::line(note))?;
        }
        Ok(())
    }
}

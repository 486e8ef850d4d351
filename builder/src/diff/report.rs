// SPDX-License-Identifier: BSD-2-Clause

//! What came of a comparison.

use std::fmt;

use serde::Serialize;

/// A part of an image that differs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Difference {
    /// The part.
    part: String,
    /// In what it differs.
    pub(super) details: Vec<String>,
    /// Whether that is only what another difference leads to.
    follows: bool,
}

impl Difference {
    pub(super) fn new(part: impl Into<String>) -> Self {
        Self {
            part: part.into(),
            details: Vec::new(),
            follows: false,
        }
    }

    /// Adds `detail`, if there is one.
    pub(super) fn detail(mut self, detail: Option<String>) -> Self {
        self.details.extend(detail);
        self
    }

    /// Marks it as what another difference leads to.
    pub(super) fn following(mut self) -> Self {
        self.follows = true;
        self
    }
}

/// All differences; none where two files are the same.
#[derive(Clone, Debug, Default, Serialize)]
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

    pub(super) fn add(&mut self, difference: Difference) {
        self.differences.push(difference);
    }

    /// Adds a note, once.
    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The report as JSON.
    pub(crate) fn to_json(&self) -> String {
        // It is text and truth values, all of which JSON has.
        let report = serde_json::to_value(self).unwrap_or_default();
        format!("{report:#}")
    }
}

/// A line for each difference and its details, what only follows at the end.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (follow, first): (Vec<_>, Vec<_>) = self
            .differences
            .iter()
            .partition(|difference| difference.follows);
        write_all(f, &first)?;
        if !follow.is_empty() {
            writeln!(f, "what follows from that:")?;
            write_all(f, &follow)?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}

fn write_all(f: &mut fmt::Formatter<'_>, differences: &[&Difference]) -> fmt::Result {
    for difference in differences {
        writeln!(f, "{}", difference.part)?;
        for detail in &difference.details {
            writeln!(f, "  {detail}")?;
        }
    }
    Ok(())
}

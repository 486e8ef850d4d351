// SPDX-License-Identifier: BSD-2-Clause

//! Prints figures.

use serde::Serialize;

/// A measured value and its upper limit, if it has one.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub(super) subject: String,
    pub(super) what: &'static str,
    pub(super) value: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<u64>,
}

impl Figure {
    pub(super) fn new(subject: &str, what: &'static str, value: u64, limit: u64) -> Self {
        Self {
            subject: subject.to_owned(),
            what,
            value,
            limit: Some(limit),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.value > limit)
    }
}

/// The figures for people, one a line.
pub(super) fn table(figures: &[Figure]) -> String {
    let line = |figure: &Figure| {
        let Figure {
            subject,
            what,
            value,
            ..
        } = figure;
        let limit = figure.limit.map(|limit| format!("  (at most {limit})"));
        let verdict = match figure.is_over() {
            true => "  OVER THE LIMIT",
            false => "",
        };
        format!(
            "{subject:16} {what:26} {value:>12}{}{verdict}\n",
            limit.unwrap_or_default()
        )
    };
    figures.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{Figure, table};

    #[test]
    fn the_table_marks_what_is_too_much() {
        let figures = [10, 30].map(|value| Figure::new("loader", "bytes", value, 20));
        let table = table(&figures);
        let lines = table.lines();
        let over: Vec<bool> = lines.map(|line| line.ends_with("LIMIT")).collect();
        assert_eq!(over, [false, true]);
    }
}

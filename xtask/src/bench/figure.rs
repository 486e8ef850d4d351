// SPDX-License-Identifier: BSD-2-Clause

//! Prints figures.

use serde::Serialize;

/// A measured value and its upper limit.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    pub(super) subject: &'static str,
    pub(super) what: &'static str,
    pub(super) value: u64,
    pub(super) limit: u64,
}

impl Figure {
    pub(super) fn new(subject: &'static str, what: &'static str, value: u64, limit: u64) -> Self {
        Self {
            subject,
            what,
            value,
            limit,
        }
    }
}

/// The figures for people, one a line.
pub(super) fn table(figures: &[Figure]) -> String {
    let line = |figure: &Figure| {
        let Figure { subject, what, .. } = figure;
        let (value, limit) = (figure.value, figure.limit);
        let verdict = match value <= limit {
            true => "",
            false => "  OVER THE LIMIT",
        };
        format!("{subject:16} {what:26} {value:>12}  (at most {limit}){verdict}\n")
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

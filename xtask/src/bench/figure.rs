// SPDX-License-Identifier: BSD-2-Clause

//! Prints figures.

use serde::Serialize;

/// A measured value and its limit, if it has one.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    pub(super) subject: String,
    pub(super) what: &'static str,
    pub(super) value: u64,
    /// The largest good value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<u64>,
    /// The smallest good value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) least: Option<u64>,
}

impl Figure {
    pub(super) fn new(subject: &str, what: &'static str, value: u64, limit: u64) -> Self {
        Self {
            subject: subject.to_owned(),
            what,
            value,
            limit: Some(limit),
            least: None,
        }
    }

    pub(super) fn at_least(subject: &str, what: &'static str, value: u64, least: u64) -> Self {
        Self {
            limit: None,
            least: Some(least),
            ..Self::new(subject, what, value, least)
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.value > limit)
    }

    fn is_under(&self) -> bool {
        self.least.is_some_and(|least| self.value < least)
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
        let limit = match (figure.limit, figure.least) {
            (Some(limit), _) => format!("  (at most {limit})"),
            (None, Some(least)) => format!("  (at least {least})"),
            (None, None) => String::new(),
        };
        let verdict = match (figure.is_over(), figure.is_under()) {
            (true, _) => "  OVER THE LIMIT",
            (false, true) => "  UNDER THE LIMIT",
            (false, false) => "",
        };
        format!("{subject:16} {what:26} {value:>12}{limit}{verdict}\n")
    };
    figures.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{Figure, table};

    #[test]
    fn the_table_marks_what_is_too_much_or_too_little() {
        let most = [10, 30].map(|value| Figure::new("loader", "bytes", value, 20));
        let least = [10, 30].map(|value| Figure::at_least("loader", "MB/s", value, 20));
        let table = table(&[most, least].concat());
        let verdicts = table.lines().map(|line| line.split_once(")  "));
        let verdicts: Vec<_> = verdicts.map(|it| it.map(|(_, verdict)| verdict)).collect();
        let expected = [None, Some("OVER THE LIMIT"), Some("UNDER THE LIMIT"), None];
        assert_eq!(verdicts, expected);
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! The costs of a boot, and their upper limits.

use kaal_harness::qemu::BootCost;

use super::super::figure::Figure;

/// The costs of one boot.
#[derive(Debug)]
pub(in crate::bench) struct Row {
    name: String,
    cost: BootCost,
    limits: Limits,
}

/// The upper limits of costs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    accesses: Option<u64>,
    lines: Option<u64>,
    microseconds: Option<u64>,
}

impl Limits {
    /// For any image with CRC-32C.
    pub(super) const CRC32C: Self = Self {
        accesses: Some(8_000),
        lines: Some(500),
        microseconds: None,
    };

    /// For an ELF file with CRC-32C of the usual size.
    pub(super) const USUAL: Self = Self {
        microseconds: Some(1_500),
        ..Self::CRC32C
    };
}

impl Row {
    pub(super) fn new(name: String, cost: BootCost, limits: Limits) -> Self {
        Self { name, cost, limits }
    }

    pub(in crate::bench) fn figures(&self) -> [Figure; 4] {
        let Self { name, cost, limits } = self;
        let microseconds = cost.nanoseconds().div_ceil(1000);
        [
            ("instructions", cost.instructions, None),
            ("uncached data", cost.accesses, limits.accesses),
            ("uncached fetches", cost.lines, limits.lines),
            ("microseconds", microseconds, limits.microseconds),
        ]
        .map(|(what, value, limit)| Figure {
            subject: name.clone(),
            what,
            value,
            limit,
            least: None,
        })
    }
}

/// The rows for people, one a line.
pub(in crate::bench) fn table(rows: &[Row]) -> String {
    let mut table = String::new();
    for (index, figures) in rows.iter().map(Row::figures).enumerate() {
        if index == 0 {
            let head = figures.iter().map(|figure| cell(figure.what));
            table += &format!("{:40}{}\n", "cost on hardware", head.collect::<String>());
        }
        let cells = figures.iter().map(|figure| cell(figure.value));
        let over: Vec<_> = figures
            .iter()
            .filter(|figure| figure.is_over())
            .map(|figure| format!("{} > {}", figure.what, figure.limit.unwrap_or_default()))
            .collect();
        let verdict = match over.is_empty() {
            true => String::new(),
            false => format!("  OVER THE LIMIT: {}", over.join(", ")),
        };
        let [Figure { subject, .. }, ..] = &figures;
        table += &format!("{subject:40}{}{verdict}\n", cells.collect::<String>());
    }
    table
}

fn cell(content: impl std::fmt::Display) -> String {
    format!(" {content:>16}")
}

#[cfg(test)]
mod tests {
    use kaal_harness::qemu::BootCost;

    use super::{Limits, Row, table};

    #[test]
    fn the_table_names_what_is_too_much() {
        let cost = |accesses, lines| BootCost {
            instructions: 1_000,
            accesses,
            lines,
        };
        let rows = [cost(8_000, 500), cost(8_001, 500), cost(15_000, 0)]
            .map(|cost| Row::new("elf".to_owned(), cost, Limits::USUAL));
        let table = table(&rows);
        let verdicts = table
            .lines()
            .map(|line| line.split_once("LIMIT: ").map(|(_, over)| over));
        let expected = [
            None,
            None,
            Some("uncached data > 8000"),
            Some("uncached data > 8000, microseconds > 1500"),
        ];
        assert_eq!(verdicts.collect::<Vec<_>>(), expected);
    }
}

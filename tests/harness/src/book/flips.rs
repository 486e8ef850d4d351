// SPDX-License-Identifier: BSD-2-Clause

//! The table of the outcomes of flipped bits.

use anyhow::{Context, Result, ensure};
use kaal_flips::Outcome;

use crate::flips::Summary;

/// A sample with fewer flips of an outcome may differ from the table: which bits these are depends on the compiler.
const NOTABLE: u64 = 3;

/// A row for each part of an image, a column for each outcome but the last, which none may have.
pub(super) fn table(summary: &Summary) -> String {
    let [shown @ .., _] = Outcome::ALL;
    let words = shown.map(Outcome::word).join(" | ");
    let columns = "---|".repeat(shown.len());
    let mut rows = vec![
        format!("| part | flips | {words} |"),
        format!("|---|---|{columns}"),
    ];
    rows.extend(summary.rows().into_iter().map(|(part, numbers)| {
        let numbers = numbers.into_iter().take(1 + shown.len());
        let cells: Vec<_> = numbers.map(grouped).collect();
        format!("| {part} | {} |", cells.join(" | "))
    }));
    rows.join("\n") + "\n"
}

/// Checks that each part of `page` has all frequent outcomes of a sample, whatever their numbers.
pub(super) fn compare(summary: &Summary, page: &str) -> Result<()> {
    for (part, outcome) in summary.outcomes(NOTABLE) {
        let row = page
            .lines()
            .find_map(|line| line.strip_prefix(&format!("| {part} | ")))
            .with_context(|| format!("the page has no row for {part:?}"))?;
        // The first number counts the flips.
        let numbers = row.split(" | ").skip(1);
        let mut cells = Outcome::ALL.into_iter().zip(numbers);
        let number = cells.find_map(|(other, number)| (other == outcome).then_some(number));
        ensure!(
            number.is_some_and(|number| number.trim_end_matches(" |") != "0"),
            "flips in the part {part:?} are {}, but never in the table",
            outcome.word()
        );
    }
    Ok(())
}

/// The number with a comma before each group of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().collect();
    groups
        .iter()
        .map(|group| String::from_utf8_lossy(group))
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_are_grouped() {
        let numbers = [0, 999, 1_000, 267_320].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "267,320"]);
    }
}

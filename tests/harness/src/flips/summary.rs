// SPDX-License-Identifier: BSD-2-Clause

//! Sums up the outcomes of all flips, by the part of the file.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Result, bail, ensure};
use kaal_flips::{Outcome, Sweep};

use super::Flip;
use super::parts::Parts;

/// The kernel or the root task use these parts as they are, so the loader must name all damage to
/// them.
const ALWAYS_NAMED: [&str; 4] = ["kernel", "device tree", "user image", "translation tables"];

/// Upper limit of flips in an error.
const SHOWN: usize = 20;

/// Number of flips by outcome.
type Counts = BTreeMap<Outcome, u64>;

/// The outcomes of flips.
pub struct Summary {
    name: &'static str,
    counts: Vec<(&'static str, Counts)>,
    /// A line for each forbidden outcome.
    wrong: Vec<String>,
    /// A line for each flip that printed nothing, or something garbled.
    unnamed: Vec<String>,
}

impl Summary {
    /// The summary of `sweeps`; `flips` are all flips except those with the outcome
    /// [`Outcome::Named`].
    pub(super) fn new(
        name: &'static str,
        parts: Parts,
        sweeps: &[Sweep],
        flips: Vec<Flip>,
    ) -> Self {
        let mut counts: Vec<(_, Counts)> = Vec::new();
        for (name, _) in parts.runs() {
            if counts.iter().all(|&(other, _)| other != name) {
                counts.push((name, Counts::new()));
            }
        }
        let mut count = |name: &str, outcome, number: i64| {
            let mut counts = counts.iter_mut();
            if let Some((_, counts)) = counts.find(|&&mut (other, _)| other == name) {
                let count: &mut u64 = counts.entry(outcome).or_default();
                *count = count.saturating_add_signed(number);
            }
        };
        for sweep in sweeps {
            for bit in (sweep.bits.start..sweep.bits.end).step_by(sweep.step as usize) {
                count(parts.name(bit), Outcome::Named, 1);
            }
        }
        let (mut wrong, mut unnamed) = (Vec::new(), Vec::new());
        for flip in flips {
            let part = parts.name(flip.bit);
            count(part, Outcome::Named, -1);
            count(part, flip.outcome, 1);
            let (byte, bit) = (flip.bit / 8, flip.bit % 8);
            let line = format!("{byte:#x}.{bit}, {part}: {} {}", flip.outcome, flip.detail);
            match flip.outcome {
                Outcome::Unaccounted => wrong.push(line),
                _ if ALWAYS_NAMED.contains(&part) => wrong.push(line),
                Outcome::Silent | Outcome::Garbled => unnamed.push(line),
                Outcome::Irrelevant | Outcome::Named | Outcome::NotLoaded => {}
            }
        }
        Self {
            name,
            counts,
            wrong,
            unnamed,
        }
    }

    /// Checks that no flip has a forbidden outcome.
    ///
    /// # Errors
    ///
    /// Names the bits that have one.
    pub fn check(&self) -> Result<()> {
        ensure!(self.total() > 0, "no bit was flipped");
        if !self.wrong.is_empty() {
            bail!(
                "{} of {} bits of {} are not accounted for:\n{}",
                self.wrong.len(),
                self.total(),
                self.name,
                self.wrong[..self.wrong.len().min(SHOWN)].join("\n")
            );
        }
        Ok(())
    }

    /// A line for each flip that printed nothing, or something garbled.
    pub fn unnamed(&self) -> &[String] {
        &self.unnamed
    }

    /// All outcomes of at least `least` flips in a part.
    pub(crate) fn outcomes(&self, least: u64) -> impl Iterator<Item = (&'static str, Outcome)> {
        self.counts.iter().flat_map(move |(part, counts)| {
            let frequent = counts.iter().filter(move |&(_, &number)| number >= least);
            frequent.map(|(&outcome, _)| (*part, outcome))
        })
    }

    /// The rows of the table: each part and its flips by outcome, then all parts.
    pub(crate) fn rows(&self) -> Vec<(&'static str, Vec<u64>)> {
        let row = |counts: &Counts| {
            let number = |outcome| counts.get(outcome).copied().unwrap_or(0);
            let by_outcome = Outcome::ALL.iter().map(number);
            [counts.values().sum()]
                .into_iter()
                .chain(by_outcome)
                .collect()
        };
        let mut all = Counts::new();
        let mut rows = Vec::new();
        for (part, counts) in &self.counts {
            for (&outcome, number) in counts {
                *all.entry(outcome).or_default() += number;
            }
            rows.push((*part, row(counts)));
        }
        rows.push(("all", row(&all)));
        rows
    }

    fn total(&self) -> u64 {
        let counts = self.counts.iter();
        counts.flat_map(|(_, counts)| counts.values()).sum()
    }
}

/// Shown as a table with a row for each part and a column for each outcome.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:20}{:>9}", self.name, "flips")?;
        for outcome in Outcome::ALL {
            write!(f, "{:>12}", outcome.word())?;
        }
        for (part, numbers) in self.rows() {
            write!(f, "\n{part:20}{:>9}", numbers[0])?;
            for number in &numbers[1..] {
                write!(f, "{number:>12}")?;
            }
        }
        Ok(())
    }
}

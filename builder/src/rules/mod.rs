// SPDX-License-Identifier: BSD-2-Clause

//! The rules that an image must keep, so that it boots and the kernel loses no memory unnoticed.
//!
//! Kernel and loader impose these rules. Each build applies all of them to the new image, and `check` to an image's
//! file.

mod board;
mod capabilities;
mod development;
mod integrity;
mod layout;
mod outcome;
mod place;
mod program;
mod proofs;
mod situation;
mod texts;

pub(crate) use layout::Layout;
pub(crate) use outcome::Outcome;
pub(crate) use situation::{Board, Situation, Trusted};
pub use texts::RULES;

use crate::diagnostic::Diagnostic;
use outcome::{Checked, known};

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub id: &'static str,
    /// The demand, in one sentence.
    pub sentence: &'static str,
    /// The reason, and what happens otherwise.
    pub explanation: &'static str,
    /// Where it comes from: a document or a file of seL4.
    pub source: &'static str,
    /// Applies it.
    check: fn(&Situation<'_>) -> Checked,
}

/// Applies all rules.
pub(crate) fn apply(situation: &Situation<'_>) -> Vec<(&'static Rule, Outcome)> {
    let rules = RULES.iter().map(|rule| {
        let outcome = (rule.check)(situation).map_or_else(|outcome| outcome, Outcome::Passed);
        (rule, outcome)
    });
    rules.collect()
}

/// Numbers of rules.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// The image keeps these.
    pub(crate) kept: usize,
    /// These need inputs that weren't given.
    pub(crate) not_checked: usize,
}

/// Applies all rules. Returns their numbers and the warnings, or the first error.
pub(crate) fn enforce(situation: &Situation<'_>) -> Result<(Tally, Vec<Diagnostic>), Diagnostic> {
    let mut tally = Tally::default();
    let mut warnings = Vec::new();
    for (rule, outcome) in apply(situation) {
        match outcome {
            Outcome::Passed(_) => tally.kept += 1,
            Outcome::NotChecked(_) => tally.not_checked += 1,
            Outcome::Warned(diagnostic) => warnings.push(diagnostic.by_rule(rule.id)),
            Outcome::Refused(diagnostic) => return Err(diagnostic.by_rule(rule.id)),
        }
    }
    Ok((tally, warnings))
}

// SPDX-License-Identifier: BSD-2-Clause

//! What must be true of an image so that it boots, and so that the kernel loses nothing in silence.
//!
//! The rules are the kernel's own, and the loader's. Each has a name, a sentence and a source; each
//! build applies all of them to what it made, and `check` to what is in a file.

mod board;
mod capabilities;
mod integrity;
mod layout;
mod outcome;
mod place;
mod program;
mod situation;
mod texts;

pub(crate) use layout::Layout;
pub(crate) use outcome::Outcome;
pub(crate) use situation::{Board, Situation, Trusted};
pub use texts::RULES;

use crate::diagnostic::Diagnostic;
use outcome::Checked;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name.
    pub id: &'static str,
    /// What it demands, in a sentence.
    pub sentence: &'static str,
    /// The same in more words: what happens otherwise, and what to do.
    pub explanation: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Looks whether it is kept.
    check: fn(&Situation<'_>) -> Checked,
}

/// Looks whether all rules are kept.
pub(crate) fn apply(situation: &Situation<'_>) -> Vec<(&'static Rule, Outcome)> {
    let rules = RULES.iter().map(|rule| {
        let checked = (rule.check)(situation);
        (
            rule,
            checked.map_or_else(|outcome| outcome, Outcome::Passed),
        )
    });
    rules.collect()
}

/// Looks whether all rules are kept: returns what may be wrong.
pub(crate) fn enforce(situation: &Situation<'_>) -> Result<Vec<Diagnostic>, Diagnostic> {
    let mut warnings = Vec::new();
    for (rule, outcome) in apply(situation) {
        match outcome {
            Outcome::Passed(_) | Outcome::NotChecked(_) => {}
            Outcome::Warned(diagnostic) => warnings.push(diagnostic.by_rule(rule.id)),
            Outcome::Refused(diagnostic) => return Err(diagnostic.by_rule(rule.id)),
        }
    }
    Ok(warnings)
}

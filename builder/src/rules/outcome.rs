// SPDX-License-Identifier: BSD-2-Clause

//! Outcomes of rules.

use crate::diagnostic::Diagnostic;

/// The outcome of a rule.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The image keeps the rule; these are the numbers.
    Passed(String),
    /// The rule can't be applied, because this is missing.
    NotChecked(String),
    /// The image breaks the rule, but may boot.
    Warned(Diagnostic),
    /// The image breaks the rule.
    Refused(Diagnostic),
}

/// The numbers of a rule that is kept, or another outcome.
pub(super) type Checked = Result<String, Outcome>;

/// The value that a rule needs. Without it, the rule can't be applied, because of what is `missing`.
pub(super) fn known<T>(value: Option<T>, missing: &str) -> Result<T, Outcome> {
    value.ok_or_else(|| Outcome::NotChecked(missing.to_owned()))
}

impl Outcome {
    /// The outcome in a word or two.
    pub(crate) fn verdict(&self) -> &'static str {
        match self {
            Self::Passed(_) => "ok",
            Self::NotChecked(_) => "not checked",
            Self::Warned(_) => "warning",
            Self::Refused(_) => "error",
        }
    }

    /// The numbers, the missing input or the problem.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Passed(text) | Self::NotChecked(text) => text.clone(),
            Self::Warned(diagnostic) | Self::Refused(diagnostic) => diagnostic.details().problem,
        }
    }
}

impl Diagnostic {
    /// The outcome for an image that will not boot.
    pub(super) fn refused(self) -> Checked {
        Err(Outcome::Refused(self))
    }

    /// The outcome for an image that may boot.
    pub(super) fn warned(self) -> Checked {
        Err(Outcome::Warned(self))
    }
}

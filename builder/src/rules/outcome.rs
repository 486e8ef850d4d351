// SPDX-License-Identifier: BSD-2-Clause

//! What comes of looking at a rule.

use super::{Rule, Situation};
use crate::diagnostic::{Details, Diagnostic, Flag};

/// What comes of looking at a rule.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// It is kept, with these numbers.
    Passed(String),
    /// It can't be looked at, because this is missing.
    NotChecked(String),
    /// It is not, but the image may do.
    Warned(Complaint),
    /// It is not.
    Refused(Complaint),
}

/// The numbers with which a rule is kept, or what else comes of it.
pub(super) type Checked = Result<String, Outcome>;

impl Outcome {
    pub(super) fn not_checked(missing: &str) -> Self {
        Self::NotChecked(missing.to_owned())
    }

    /// What comes of it, in a word or two.
    pub(crate) fn verdict(&self) -> &'static str {
        match self {
            Self::Passed(_) => "ok",
            Self::NotChecked(_) => "not checked",
            Self::Warned(_) => "warning",
            Self::Refused(_) => "error",
        }
    }

    /// The same in more words.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Passed(text) | Self::NotChecked(text) => text,
            Self::Warned(complaint) | Self::Refused(complaint) => &complaint.details.problem,
        }
    }
}

/// Why a rule isn't kept.
#[derive(Clone, Debug)]
pub(crate) struct Complaint {
    /// What is to blame; what isn't a file of its own is part of the image.
    pub(super) about: Flag,
    pub(crate) details: Details,
}

impl Complaint {
    pub(super) fn new(about: Flag, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        let details = Details {
            problem,
            ..Details::default()
        };
        Self { about, details }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.details.expected = expected.into();
        self
    }

    pub(super) fn found(mut self, found: impl Into<String>) -> Self {
        self.details.found = found.into();
        self
    }

    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.details.remedy = remedy.into();
        self
    }

    /// No image can be like that.
    pub(super) fn refused(self) -> Checked {
        Err(Outcome::Refused(self))
    }

    /// The image may do.
    pub(super) fn warned(self) -> Checked {
        Err(Outcome::Warned(self))
    }

    /// The complaint as all errors and warnings look.
    pub(crate) fn diagnostic(&self, rule: &Rule, situation: &Situation<'_>) -> Diagnostic {
        let problem = format!("{} (rule {})", self.details.problem, rule.id);
        situation.origin(self.about).with(Details {
            problem,
            ..self.details.clone()
        })
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! What comes of looking at a rule.

use super::{Rule, Situation, Source};
use crate::diagnostic::Diagnostic;

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

impl Outcome {
    /// What comes of it, in a word or two.
    pub(crate) fn verdict(&self) -> &'static str {
        match self {
            Self::Passed(_) => "ok",
            Self::NotChecked(_) => "not checked",
            Self::Warned(_) => "warning",
            Self::Refused(_) => "error",
        }
    }
}

/// Why a rule isn't kept.
#[derive(Clone, Debug)]
pub(crate) struct Complaint {
    /// What is to blame.
    pub(crate) about: Source,
    pub(crate) problem: String,
    pub(crate) expected: String,
    pub(crate) found: String,
    pub(crate) remedy: String,
}

impl Complaint {
    pub(crate) fn new(about: Source, problem: impl Into<String>) -> Self {
        Self {
            about,
            problem: problem.into(),
            expected: String::new(),
            found: String::new(),
            remedy: String::new(),
        }
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    pub(crate) fn found(mut self, found: impl Into<String>) -> Self {
        self.found = found.into();
        self
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// The complaint as all errors and warnings look.
    pub(crate) fn diagnostic(&self, rule: &Rule, situation: &Situation<'_>) -> Diagnostic {
        situation
            .sources
            .origin(self.about)
            .diagnostic(format!("{} (rule {})", self.problem, rule.id))
            .expected(&self.expected)
            .found(&self.found)
            .remedy(&self.remedy)
    }
}

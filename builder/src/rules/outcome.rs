// SPDX-License-Identifier: BSD-2-Clause

//! What comes of looking at a rule.

use crate::diagnostic::Diagnostic;

/// What comes of looking at a rule.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// It is kept, with these numbers.
    Passed(String),
    /// It can't be looked at, because this is missing.
    NotChecked(String),
    /// It is not, but the image may do.
    Warned(Diagnostic),
    /// It is not.
    Refused(Diagnostic),
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
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Passed(text) | Self::NotChecked(text) => text.clone(),
            Self::Warned(diagnostic) | Self::Refused(diagnostic) => diagnostic.details().problem,
        }
    }
}

impl Diagnostic {
    /// No image can be like that.
    pub(super) fn refused(self) -> Checked {
        Err(Outcome::Refused(self))
    }

    /// The image may do.
    pub(super) fn warned(self) -> Checked {
        Err(Outcome::Warned(self))
    }
}

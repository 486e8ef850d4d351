// SPDX-License-Identifier: BSD-2-Clause

//! What was expected or found, in words that may end with an option.

use std::fmt;

use super::Subject;

/// Words, an option, or the first because of the second.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    pub(super) words: String,
    pub(super) option: Option<Subject>,
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        match &self.option {
            Some(option) if self.words.is_empty() => write!(f, "{option}"),
            Some(option) => write!(f, ", because of {option}"),
            None => Ok(()),
        }
    }
}

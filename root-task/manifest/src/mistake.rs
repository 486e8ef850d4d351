// SPDX-License-Identifier: BSD-2-Clause

//! Mistakes in the list.

use std::ops::Range;

use thiserror::Error;
use toml::Spanned;

/// A mistake in the list, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {key}: {problem}")]
pub struct Mistake {
    /// Line of the file, from 1.
    pub line: usize,
    /// The key.
    pub key: String,
    /// Expected and found values.
    pub problem: String,
}

impl Mistake {
    /// Creates a mistake in the value of `key`.
    pub(crate) fn new<T>(text: &str, value: &Spanned<T>, key: &str, problem: String) -> Self {
        Self {
            line: line_of(text, &value.span()),
            key: key.to_owned(),
            problem,
        }
    }

    /// Creates a mistake from an error of `toml`. The key is that of the line, because the error
    /// has none.
    pub(crate) fn of_syntax(text: &str, error: &toml::de::Error) -> Self {
        let line = line_of(text, &error.span().unwrap_or_default());
        let content = text.lines().nth(line - 1).unwrap_or_default();
        let key = content.split('=').next().unwrap_or_default().trim();
        Self {
            line,
            key: key.to_owned(),
            problem: error.message().to_owned(),
        }
    }
}

/// Returns the line of a span, from 1.
pub(crate) fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = text.get(..span.start).unwrap_or(text);
    before.matches('\n').count() + 1
}

// SPDX-License-Identifier: BSD-2-Clause

//! Mistakes in the list.

use std::ops::Range;

use thiserror::Error;
use toml::Spanned;

/// A mistake in the list, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}:{line}: {problem}")]
pub struct Mistake {
    /// Name of the file.
    pub file: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// Expected and found values.
    pub problem: String,
}

/// The file of a list.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) text: String,
}

impl Source {
    /// Returns a mistake in a value.
    pub(crate) fn mistake<T>(&self, value: &Spanned<T>, problem: String) -> Mistake {
        self.mistake_in(self.line(value), problem)
    }

    /// Returns a mistake from an error of `toml`, which doesn't name the key.
    pub(crate) fn wrong_syntax(&self, error: &toml::de::Error) -> Mistake {
        let line = self.line_of(&error.span().unwrap_or_default());
        let content = self.text.lines().nth(line - 1).unwrap_or_default();
        let key = content.split('=').next().unwrap_or_default().trim();
        self.mistake_in(line, format!("{key}: {}", error.message()))
    }

    /// Returns the line of a value, from 1.
    pub(crate) fn line<T>(&self, value: &Spanned<T>) -> usize {
        self.line_of(&value.span())
    }

    fn line_of(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        before.matches('\n').count() + 1
    }

    fn mistake_in(&self, line: usize, problem: String) -> Mistake {
        let file = self.file.clone();
        Mistake {
            file,
            line,
            problem,
        }
    }
}

/// Returns a question for the known name that is most like `name`, or nothing if none is.
pub(crate) fn question<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    /// Jaro-Winkler likeness of names that may be confused.
    const ALIKE: f64 = 0.8;
    let nearest = known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.map_or_else(String::new, |(_, known)| {
        format!("; did you mean {known:?}?")
    })
}

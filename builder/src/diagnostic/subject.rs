// SPDX-License-Identifier: BSD-2-Clause

//! An option that a diagnostic names.

use std::fmt;
use std::path::PathBuf;

use super::{Flag, Origin};

/// An option, what it was given, and by what.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(super) flag: Flag,
    pub(super) value: PathBuf,
    /// A variable or a line of a file, if it is known and not the command line.
    pub(super) source: Option<String>,
}

impl Subject {
    /// An option of the command line.
    pub(crate) fn new(flag: Flag, value: impl Into<PathBuf>) -> Self {
        Self {
            flag,
            value: value.into(),
            source: None,
        }
    }
}

impl From<Origin<'_>> for Subject {
    fn from(origin: Origin<'_>) -> Self {
        Self::new(origin.flag, origin.value)
    }
}

/// Shown as on the command line, with its source in parentheses.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.flag)?;
        if !self.value.as_os_str().is_empty() {
            write!(f, " {}", self.value.display())?;
        }
        match &self.source {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

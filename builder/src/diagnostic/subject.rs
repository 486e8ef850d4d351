// SPDX-License-Identifier: BSD-2-Clause

//! Options in diagnostics.

use std::fmt;
use std::path::PathBuf;

use super::{Flag, Origin};

/// An option with its value and source.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(super) flag: Flag,
    pub(super) value: PathBuf,
    /// A variable, a line of a file or the default. `None` for the command line or if unknown.
    pub(super) source: Option<String>,
}

impl From<Origin<'_>> for Subject {
    fn from(origin: Origin<'_>) -> Self {
        Self {
            flag: origin.flag,
            value: origin.value.to_owned(),
            source: None,
        }
    }
}

/// Displayed as on the command line, with its source in parentheses.
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

// SPDX-License-Identifier: BSD-2-Clause

//! Reads and writes files.
//!
//! ```text
//!  input       input files in memory
//!  bounded     opens input files, with limits
//!  program     reads programs
//!  output      writes whole files or none
//!  access      diagnostics for errors of the operating system
//!  kind        tells what a file is
//! ```

pub(crate) mod access;
pub(crate) mod bounded;
pub(crate) mod input;
pub(crate) mod kind;
pub(crate) mod output;
pub(crate) mod program;

use std::path::Path;

use crate::diagnostic::{Flag, Origin};

/// A file in memory.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name, for messages and the memory map only.
    pub path: &'a Path,
    /// Its content.
    pub content: &'a [u8],
}

impl<'a> File<'a> {
    pub(crate) fn origin(&self, flag: Flag) -> Origin<'a> {
        Origin::new(flag, self.path)
    }
}

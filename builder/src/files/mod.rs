// SPDX-License-Identifier: BSD-2-Clause

//! Reading and writing files.
//!
//! ```text
//!  input       the input files, read
//!  bounded     opens them: none may be too large, or keep the builder waiting
//!  output      writes files whole or not at all
//!  access      what is said where the operating system refuses
//! ```

pub(crate) mod access;
pub(crate) mod bounded;
pub(crate) mod input;
pub(crate) mod output;

use std::path::Path;

use crate::diagnostic::{Flag, Origin};

/// A file that has been read.
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

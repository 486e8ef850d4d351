// SPDX-License-Identifier: BSD-2-Clause

//! Reads the input files.

use std::io::{self, Read};
use std::path::Path;

use goblin::elf::header::ELFMAG;
use zeroize::Zeroize;

use super::kind::{self, HEAD_SIZE};
use super::{File, access, bounded};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::format::device_tree::Content;

/// An input file in memory. A private key is wiped from memory on drop.
pub(crate) struct Input<'a> {
    /// The option for this file.
    pub(crate) flag: Flag,
    pub(crate) path: &'a Path,
    pub(crate) content: Vec<u8>,
}

impl Drop for Input<'_> {
    fn drop(&mut self) {
        if self.flag == Flag::SignKey {
            self.content.zeroize();
        }
    }
}

impl<'a> Input<'a> {
    /// Reads a file. If it should be a program or a device tree but can't be one, reads only its start.
    pub(crate) fn read(flag: Flag, path: &'a Path) -> Result<Self, Diagnostic> {
        let origin = Origin::new(flag, path);
        let mut file = bounded::open(origin)?;
        let mut read = || {
            let mut content = Vec::new();
            file.by_ref().take(HEAD_SIZE).read_to_end(&mut content)?;
            let is_possible = match flag {
                Flag::Dtb => Content::of(&content).is_some(),
                Flag::Image => content.starts_with(ELFMAG),
                _ => !bounded::is_program(flag) || kind::is_program(&content),
            };
            if is_possible {
                file.read_to_end(&mut content)?;
            }
            Ok(content)
        };
        let content = read().map_err(|error: io::Error| access::unreadable(origin, &error))?;
        Ok(Self {
            flag,
            path,
            content,
        })
    }

    /// Reads a file, if it is given.
    pub(crate) fn read_if_given(
        flag: Flag,
        path: Option<&'a Path>,
    ) -> Result<Option<Self>, Diagnostic> {
        path.map(|path| Self::read(flag, path)).transpose()
    }

    /// The option and name of the file.
    pub(crate) fn origin(&self) -> Origin<'a> {
        Origin::new(self.flag, self.path)
    }

    /// The file as the library takes it.
    pub(crate) fn file(&self) -> File<'_> {
        File {
            path: self.path,
            content: &self.content,
        }
    }
}

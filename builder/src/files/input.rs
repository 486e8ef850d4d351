// SPDX-License-Identifier: BSD-2-Clause

//! Reading the input files.

use std::fs::File as OpenFile;
use std::io::{self, Read, Take};
use std::path::Path;

use goblin::elf::header::ELFMAG;
use sha2::{Digest, Sha256};

use super::{File, access, bounded};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::elf;
use crate::elf::functions::Functions;

/// Bytes that hold the headers of all but unusual ELF files.
const HEADERS: u64 = 4096;

/// Bytes that are hashed at once.
const BLOCK: usize = 64 << 10;

/// A file that has been read.
pub(crate) struct Input<'a> {
    /// The option that names it.
    pub(crate) flag: Flag,
    pub(crate) path: &'a Path,
    /// Its content, as far as it is of use.
    pub(crate) content: Vec<u8>,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// SHA-256 of all of it.
    pub(crate) sha256: [u8; 32],
}

impl<'a> Input<'a> {
    /// Reads a file.
    pub(crate) fn read(flag: Flag, path: &'a Path) -> Result<Self, Diagnostic> {
        let content = bounded::read(Origin::new(flag, path))?;
        Ok(Self {
            flag,
            path,
            size: content.len() as u64,
            sha256: Sha256::digest(&content).into(),
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

    /// Reads an ELF file, if it is one, and keeps it up to the end of what its program headers name:
    /// the debug information behind that is often many times larger.
    pub(crate) fn read_program(flag: Flag, path: &'a Path) -> Result<Self, Diagnostic> {
        let origin = Origin::new(flag, path);
        let file = bounded::open(origin)?;
        Self::try_read_program(origin, file).map_err(|error| access::unreadable(origin, &error))
    }

    fn try_read_program(origin: Origin<'a>, mut file: Take<OpenFile>) -> io::Result<Self> {
        let size = file.get_ref().metadata()?.len();
        let mut content = Vec::new();
        file.by_ref().take(HEADERS).read_to_end(&mut content)?;
        let head = content.len() as u64;
        // Of what is no program, the start is enough to say so.
        let end = match content.starts_with(ELFMAG) {
            true => elf::content_end(&content).unwrap_or(size),
            false => head,
        };
        content.reserve_exact(end.min(size).saturating_sub(head) as usize);
        file.by_ref()
            .take(end.saturating_sub(head))
            .read_to_end(&mut content)?;

        let mut hash = Sha256::new_with_prefix(&content);
        let rest = hash_rest(file, &mut hash)?;
        Ok(Self {
            flag: origin.flag,
            path: origin.value,
            size: content.len() as u64 + rest,
            sha256: hash.finalize().into(),
            content,
        })
    }

    /// What names it.
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

/// Reads the functions of an ELF file, if it is one that tells them.
pub(crate) fn read_functions(flag: Flag, path: &Path) -> Result<Functions, Diagnostic> {
    let origin = Origin::new(flag, path);
    let mut file = bounded::open(origin)?.into_inner();
    Functions::read(&mut file).map_err(|error| access::unreadable(origin, &error))
}

/// Adds what is left of `file` to `hash`. Returns its size in bytes.
fn hash_rest(mut file: impl Read, hash: &mut Sha256) -> io::Result<u64> {
    let mut block = vec![0; BLOCK];
    let mut size = 0;
    loop {
        let length = file.read(&mut block)?;
        if length == 0 {
            return Ok(size);
        }
        hash.update(&block[..length]);
        size += length as u64;
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Files on their way into an archive.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Files by their paths in the archive, which sorts them.
pub(super) type Files = BTreeMap<String, File>;

/// A file of the archive.
#[derive(Clone)]
pub(super) struct File {
    pub(super) content: Vec<u8>,
    pub(super) is_program: bool,
}

impl File {
    pub(super) fn program(content: Vec<u8>) -> Self {
        Self {
            content,
            is_program: true,
        }
    }
}

impl<T: Into<Vec<u8>>> From<T> for File {
    fn from(content: T) -> Self {
        Self {
            content: content.into(),
            is_program: false,
        }
    }
}

/// Reads a file, or all files in and below a folder, to lie at `name`.
pub(super) fn read(from: &Path, name: &str) -> Result<Files> {
    let mut files = Files::new();
    add(from, name, &mut files).with_context(|| format!("failed to read {}", from.display()))?;
    Ok(files)
}

fn add(from: &Path, name: &str, files: &mut Files) -> Result<()> {
    if !from.is_dir() {
        files.insert(name.to_owned(), fs::read(from)?.into());
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let file_name = entry.file_name();
        let file_name = file_name.to_str().context("a file has a strange name")?;
        add(&entry.path(), &format!("{name}/{file_name}"), files)?;
    }
    Ok(())
}

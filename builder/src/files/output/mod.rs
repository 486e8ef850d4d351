// SPDX-License-Identifier: BSD-2-Clause

//! Writes files: each is written completely or not at all.

mod place;
mod staged;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::access;

pub(crate) use place::{check, folder};
pub(crate) use staged::{Backup, Staged};

use place::check_folder;

/// Permissions of a new file, before the umask.
pub(crate) const MODE: u32 = 0o666;

/// Permissions of a private key.
const SECRET_MODE: u32 = 0o600;

/// The file of `origin` can't be written because of `error`.
pub(crate) fn not_written(origin: Origin<'_>, error: &io::Error) -> Diagnostic {
    access::unwritable(origin, "can't be written", error)
}

/// A new file that is deleted on drop unless it is kept.
#[must_use]
pub(crate) struct NewFile(PathBuf);

impl NewFile {
    /// Keeps the file.
    pub(crate) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            // Drop can't report an error.
            let _ = fs::remove_file(&self.0);
        }
    }
}

/// Creates the file of `origin`. Never overwrites a file.
pub(crate) fn create(origin: Origin<'_>, content: &[u8]) -> Result<NewFile, Diagnostic> {
    create_with(origin, content, MODE)
}

/// Creates a file as [`create`] does, but readable only for its owner.
pub(crate) fn create_secret(origin: Origin<'_>, content: &[u8]) -> Result<NewFile, Diagnostic> {
    create_with(origin, content, SECRET_MODE)
}

fn create_with(origin: Origin<'_>, content: &[u8], mode: u32) -> Result<NewFile, Diagnostic> {
    check_folder(origin)?;
    let created = Staged::new(origin.value, content, mode).and_then(Staged::create);
    created.map_err(|error| access::unwritable(origin, "can't be made", &error))?;
    Ok(NewFile(origin.value.to_owned()))
}

/// Writes `content` to the file of `origin`, which may exist but must not be the image at `image`.
pub(crate) fn replace(origin: Origin<'_>, image: &Path, content: &[u8]) -> Result<(), Diagnostic> {
    let path = origin.value;
    let remedy = "choose another name";
    check(origin, "a picture", remedy, &[(Flag::Image, image)])?;
    let replaced = Staged::new(path, content, MODE).and_then(Staged::replace);
    replaced.map_err(|error| not_written(origin, &error))
}

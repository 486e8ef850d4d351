// SPDX-License-Identifier: BSD-2-Clause

//! Writes files: each is written completely or not at all.

mod place;
mod staged;

use std::io;

use tempfile::TempPath;

use crate::diagnostic::{Diagnostic, Origin};
use crate::files::access;

pub(crate) use place::{check, folder};
pub(crate) use staged::{Backup, Staged};

use place::check_folder;

/// Permissions of a new file, before the umask.
pub(crate) const MODE: u32 = 0o666;

/// Permissions of a private key.
pub(crate) const SECRET_MODE: u32 = 0o600;

/// The file of `origin` can't be written because of `error`.
pub(crate) fn not_written(origin: Origin<'_>, error: &io::Error) -> Diagnostic {
    access::unwritable(origin, "can't be written", error)
}

/// Creates the file of `origin` with the permissions `mode`. Never overwrites a file. The file is
/// deleted on drop unless the caller disables that.
pub(crate) fn create(
    origin: Origin<'_>,
    content: &[u8],
    mode: u32,
) -> Result<TempPath, Diagnostic> {
    check_folder(origin)?;
    let created = Staged::new(origin.value, content, mode).and_then(Staged::create);
    created.map_err(|error| access::unwritable(origin, "can't be made", &error))
}

/// Writes `content` to the file of `origin`, which may exist.
pub(crate) fn replace(origin: Origin<'_>, content: &[u8]) -> Result<(), Diagnostic> {
    let replaced = Staged::replacement(origin.value, content).and_then(Staged::replace);
    replaced.map_err(|error| not_written(origin, &error))
}

// SPDX-License-Identifier: BSD-2-Clause

//! Folders.

use std::io;
use std::path::Path;

use fs_err as fs;

/// Copies all that is in the folder `from` to the folder `to`, but entries with a name in `left_out`.
///
/// # Errors
///
/// Fails if a file can't be read or written.
pub fn copy(from: &Path, to: &Path, left_out: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if left_out.iter().any(|other| name == *other) {
            continue;
        }
        let to = to.join(name);
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &to, left_out)?,
            false => drop(fs::copy(entry.path(), to)?),
        }
    }
    Ok(())
}

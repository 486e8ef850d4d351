// SPDX-License-Identifier: BSD-2-Clause

//! Files for an archive.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;
use walkdir::WalkDir;

/// The content of files by their paths in the archive, in order of the paths.
pub(super) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Reads the file `from`, or all files below the folder `from`. The archive has them at or below `name`.
pub(super) fn read(from: &Path, name: &str) -> Result<Files> {
    let mut files = Files::new();
    for entry in WalkDir::new(from).follow_links(true) {
        let entry = entry?;
        if entry.file_type().is_file() {
            let below = entry.path().strip_prefix(from)?;
            let path = Path::new(name).join(below).components().collect();
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(files)
}

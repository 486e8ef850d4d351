// SPDX-License-Identifier: BSD-2-Clause

//! Checks where output may be written.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::access;

/// Checks that `what` can be written to the path of `origin`: to a regular file that is none of
/// `inputs`, or to a new file.
pub(crate) fn check(
    origin: Origin<'_>,
    what: &str,
    remedy: &str,
    inputs: &[(Flag, &Path)],
) -> Result<(), Diagnostic> {
    let refused = |found: &str| {
        origin
            .diagnostic(format!("can't be replaced by {what}"))
            .expected("a regular file, or no file")
            .found(found)
            .remedy(remedy)
    };
    let metadata = match fs::metadata(origin.value) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound && origin.value.is_symlink() => {
            return Err(refused("a link to a file that doesn't exist"));
        }
        Err(_) => return check_folder(origin),
    };
    if !metadata.is_file() {
        return Err(refused(access::kind(&metadata)));
    }
    for &(flag, value) in inputs {
        if is_same(origin.value, value) {
            return Err(origin
                .diagnostic("would replace an input")
                .expected("a file that isn't an input")
                .found_option(Origin::new(flag, value))
                .remedy(remedy));
        }
    }
    Ok(())
}

/// Whether both paths lead to the same file.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// The folder of `out`.
pub(crate) fn folder(out: &Path) -> &Path {
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

pub(super) fn check_folder(origin: Origin<'_>) -> Result<(), Diagnostic> {
    let folder = folder(origin.value);
    if folder.is_dir() {
        return Ok(());
    }
    Err(origin
        .diagnostic("its folder doesn't exist")
        .expected(format!("the folder {}", folder.display()))
        .found("no such folder")
        .remedy("make the folder, or choose another"))
}

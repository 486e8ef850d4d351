// SPDX-License-Identifier: BSD-2-Clause

//! Writing the image's file: all of it or nothing.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::finding::{Finding, Flag, Origin};

/// Permissions of a new file, before the umask.
const MODE: u32 = 0o666;

/// Permissions of a private key.
const SECRET_MODE: u32 = 0o600;

/// Checks that an image may be written to `out`, which must not be one of `inputs`.
pub(crate) fn check<'a>(
    out: &Path,
    inputs: impl IntoIterator<Item = (Flag, &'a Path)>,
) -> Result<(), Finding> {
    let origin = origin(out);
    let Ok(metadata) = fs::metadata(out) else {
        return check_folder(out);
    };
    if !metadata.is_file() {
        return Err(origin
            .finding("can't be replaced by an image")
            .expected("a regular file, or none")
            .found("a folder, a device or a socket")
            .remedy("choose another name"));
    }
    for (flag, value) in inputs {
        let is_same = fs::metadata(value)
            .is_ok_and(|input| (input.dev(), input.ino()) == (metadata.dev(), metadata.ino()));
        if is_same {
            return Err(origin
                .finding("would replace an input")
                .expected("a file that is no input")
                .found(Origin { flag, value }.to_string())
                .remedy("choose another name"));
        }
    }
    Ok(())
}

/// Writes `image` to `out`.
pub(crate) fn write(out: &Path, image: &[u8]) -> Result<(), Finding> {
    try_write(out, image).map_err(|error| {
        origin(out)
            .finding("can't be written")
            .expected(format!(
                "room for {} bytes in a writable folder",
                image.len()
            ))
            .found(error.kind().to_string())
            .remedy("make room or choose another folder")
    })
}

/// A new file, which disappears again unless it is kept.
#[must_use]
pub(crate) struct NewFile(PathBuf);

impl NewFile {
    /// Lets the file be.
    pub(crate) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            // There is nobody to tell.
            let _ = fs::remove_file(&self.0);
        }
    }
}

/// Writes a new file, and never to one that is there.
pub(crate) fn create(origin: Origin<'_>, content: &[u8]) -> Result<NewFile, Finding> {
    create_with(origin, content, MODE)
}

/// As [`create`], for what nobody but its owner may access.
pub(crate) fn create_secret(origin: Origin<'_>, content: &[u8]) -> Result<NewFile, Finding> {
    create_with(origin, content, SECRET_MODE)
}

fn create_with(origin: Origin<'_>, content: &[u8], mode: u32) -> Result<NewFile, Finding> {
    let create = || {
        let mut file = temporary(origin.value, mode)?;
        file.write_all(content)?;
        file.persist_noclobber(origin.value)?;
        io::Result::Ok(())
    };
    create().map_err(|error| {
        origin
            .finding("can't be made")
            .expected("the name of a new file in a writable folder")
            .found(error.kind().to_string())
            .remedy("choose another name; what is there is not overwritten")
    })?;
    Ok(NewFile(origin.value.to_owned()))
}

fn temporary(out: &Path, mode: u32) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".kaal-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder(out))
}

/// Writes to a temporary file and renames it, so that `out` is never half-written.
fn try_write(out: &Path, image: &[u8]) -> io::Result<()> {
    let mut file = temporary(out, MODE)?;
    file.write_all(image)?;
    file.persist(out)?;
    Ok(())
}

fn origin(out: &Path) -> Origin<'_> {
    Origin {
        flag: Flag::Out,
        value: out,
    }
}

/// The folder that `out` is in.
fn folder(out: &Path) -> &Path {
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn check_folder(out: &Path) -> Result<(), Finding> {
    let folder = folder(out);
    if folder.is_dir() {
        return Ok(());
    }
    Err(origin(out)
        .finding("in a folder that doesn't exist")
        .expected(format!("the folder {}", folder.display()))
        .found("no such folder")
        .remedy("make it, or choose another"))
}

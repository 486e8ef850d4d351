// SPDX-License-Identifier: BSD-2-Clause

//! Writing the image's file and its manifest: all of it or nothing.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use crate::access;
use crate::finding::{Finding, Flag, Origin};

#[cfg(test)]
mod tests;

/// Permissions of a new file, before the umask.
const MODE: u32 = 0o666;

/// Permissions of a private key.
const SECRET_MODE: u32 = 0o600;

/// What is to be written.
pub(crate) struct Output<'a> {
    image: &'a Path,
    /// Where the manifest belongs, if there is to be one.
    manifest: Option<PathBuf>,
}

impl<'a> Output<'a> {
    /// An image at `image` and, if it is to be `with_manifest`, that beside it.
    pub(crate) fn new(image: &'a Path, with_manifest: bool) -> Self {
        Self {
            image,
            manifest: with_manifest.then(|| manifest_path(image)),
        }
    }

    /// Checks that all of it may be written, and replaces none of `inputs`.
    pub(crate) fn check(&self, inputs: &[(Flag, &Path)]) -> Result<(), Finding> {
        check(
            origin(self.image),
            "an image",
            "choose another name",
            inputs,
        )?;
        match &self.manifest {
            Some(manifest) => {
                let remedy = "choose another name for the image, or give --no-manifest";
                check(origin(manifest), "the image's manifest", remedy, inputs)
            }
            None => Ok(()),
        }
    }

    /// Writes `image` and, where there is to be one, what `manifest` returns.
    pub(crate) fn write(
        &self,
        image: &[u8],
        manifest: impl FnOnce() -> io::Result<Vec<u8>>,
    ) -> Result<(), Finding> {
        let new_image = temporary(self.image, image, MODE)
            .map_err(|error| not_written(origin(self.image), &error))?;
        let replaced = self
            .manifest
            .as_deref()
            .map(|path| {
                let replaced = manifest().and_then(|content| Replaced::new(path, &content));
                replaced.map_err(|error| not_written(origin(path), &error))
            })
            .transpose()?;
        let Err(error) = new_image.persist(self.image) else {
            return Ok(());
        };
        if let Some(replaced) = replaced {
            let path = replaced.path;
            replaced
                .undo()
                .map_err(|error| not_written(origin(path), &error))?;
        }
        Err(not_written(origin(self.image), &error.error))
    }
}

/// A manifest that has been written before its image, which is renamed last. Should that be
/// interrupted, the manifest's SHA-256 of the image shows that it is another one's.
struct Replaced<'a> {
    path: &'a Path,
    /// What was there before.
    old: Option<TempPath>,
}

impl<'a> Replaced<'a> {
    fn new(path: &'a Path, content: &[u8]) -> io::Result<Self> {
        let new = temporary(path, content, MODE)?;
        let replaced = Self {
            path,
            old: set_aside(path)?,
        };
        match new.persist(path) {
            Ok(_) => Ok(replaced),
            Err(error) => {
                replaced.undo()?;
                Err(error.into())
            }
        }
    }

    fn undo(self) -> io::Result<()> {
        match self.old {
            Some(old) => Ok(old.persist(self.path)?),
            None if self.path.exists() => fs::remove_file(self.path),
            None => Ok(()),
        }
    }
}

fn not_written(origin: Origin<'_>, error: &io::Error) -> Finding {
    access::unwritable(origin, "can't be written", error)
}

/// Where the manifest of the image at `image` lies.
pub(crate) fn manifest_path(image: &Path) -> PathBuf {
    let mut path = OsString::from(image);
    path.push(".json");
    path.into()
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
    check_folder(origin)?;
    let create = || {
        let file = temporary(origin.value, content, mode)?;
        file.persist_noclobber(origin.value)?;
        io::Result::Ok(())
    };
    create().map_err(|error| access::unwritable(origin, "can't be made", &error))?;
    Ok(NewFile(origin.value.to_owned()))
}

/// Writes `content` to a file, which must not be the image at `image`, or replaces what is there.
pub(crate) fn replace(origin: Origin<'_>, image: &Path, content: &[u8]) -> Result<(), Finding> {
    let path = origin.value;
    let remedy = "choose another name";
    check(origin, "a picture", remedy, &[(Flag::Image, image)])?;
    let replace = || {
        temporary(path, content, MODE)?.persist(path)?;
        io::Result::Ok(())
    };
    replace().map_err(|error| not_written(origin, &error))
}

/// A temporary file beside `path`, so that none is ever half-written, which holds `content`.
fn temporary(path: &Path, content: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(".kaal-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder(path))?;
    file.write_all(content)?;
    Ok(file)
}

/// Gives the file at `path`, if there is one, a temporary name beside it.
fn set_aside(path: &Path) -> io::Result<Option<TempPath>> {
    if !path.exists() {
        return Ok(None);
    }
    let aside = temporary(path, &[], MODE)?.into_temp_path();
    fs::rename(path, &aside)?;
    Ok(Some(aside))
}

/// Checks that `what` may be written to `path`, which must not be one of `inputs`.
fn check(
    origin: Origin<'_>,
    what: &str,
    remedy: &str,
    inputs: &[(Flag, &Path)],
) -> Result<(), Finding> {
    let Ok(metadata) = fs::metadata(origin.value) else {
        return check_folder(origin);
    };
    if !metadata.is_file() {
        return Err(origin
            .finding(format!("can't be replaced by {what}"))
            .expected("a regular file, or none")
            .found(access::kind(&metadata))
            .remedy(remedy));
    }
    for &(flag, value) in inputs {
        let is_same = fs::metadata(value)
            .is_ok_and(|input| (input.dev(), input.ino()) == (metadata.dev(), metadata.ino()));
        if is_same {
            return Err(origin
                .finding("would replace an input")
                .expected("a file that is no input")
                .found_option(Origin { flag, value })
                .remedy(remedy));
        }
    }
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

fn check_folder(origin: Origin<'_>) -> Result<(), Finding> {
    let folder = folder(origin.value);
    if folder.is_dir() {
        return Ok(());
    }
    Err(origin
        .finding("in a folder that doesn't exist")
        .expected(format!("the folder {}", folder.display()))
        .found("no such folder")
        .remedy("make it, or choose another"))
}

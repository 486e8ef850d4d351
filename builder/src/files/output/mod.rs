// SPDX-License-Identifier: BSD-2-Clause

//! Writing the image's file and its manifest: all of it or nothing.

mod place;
mod staged;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::diagnostic::{Finding, Flag, Origin};
use crate::files::access;

use place::{check, check_folder, check_manifest};
use staged::{Backup, Staged};

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
    /// What to do where it can't be there.
    remedy: &'static str,
}

impl<'a> Output<'a> {
    /// An image at `image` that is built and, if it is to be `with_manifest`, that beside it.
    pub(crate) fn built(image: &'a Path, with_manifest: bool) -> Self {
        Self {
            image,
            manifest: with_manifest.then(|| manifest_path(image)),
            remedy: "choose another name for the image, or give --no-manifest",
        }
    }

    /// An image at `image` that is signed, and a manifest if the unsigned one is `with_manifest`.
    pub(crate) fn signed(image: &'a Path, with_manifest: bool) -> Self {
        Self {
            remedy: "choose another name for the image",
            ..Self::built(image, with_manifest)
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
                let what = "the image's manifest";
                check(origin(manifest), what, self.remedy, inputs)?;
                check_manifest(origin(manifest), self.remedy)
            }
            None => Ok(()),
        }
    }

    /// Checks that the image doesn't take the place of `manifest`, that of the unsigned image at `unsigned`.
    pub(crate) fn check_apart(&self, unsigned: &Path, manifest: &Path) -> Result<(), Finding> {
        if !place::is_same(self.image, manifest) {
            return Ok(());
        }
        Err(origin(self.image)
            .finding("would replace an input")
            .expected("a file that is no input")
            .found(format!("the manifest of image {}", unsigned.display()))
            .remedy("choose another name"))
    }

    /// Writes `image` and, where there is to be one, what `manifest` returns.
    pub(crate) fn write(
        &self,
        image: &[u8],
        manifest: impl FnOnce() -> io::Result<Vec<u8>>,
    ) -> Result<(), Finding> {
        let new_image = Staged::new(self.image, image, MODE)
            .map_err(|error| not_written(origin(self.image), &error))?;
        let replaced = self
            .manifest
            .as_deref()
            .map(|path| {
                let replaced = manifest().and_then(|content| Replaced::new(path, &content));
                replaced.map_err(|error| not_written(origin(path), &error))
            })
            .transpose()?;
        let Err(error) = new_image.replace() else {
            return Ok(());
        };
        if let Some(replaced) = replaced {
            let path = replaced.path;
            replaced
                .undo()
                .map_err(|error| not_written(origin(path), &error))?;
        }
        Err(not_written(origin(self.image), &error))
    }
}

/// A manifest that has been written before its image, which is renamed last. Should that be
/// interrupted, the manifest's SHA-256 of the image shows that it is another one's.
struct Replaced<'a> {
    path: &'a Path,
    /// What was there before.
    old: Option<Backup>,
}

impl<'a> Replaced<'a> {
    fn new(path: &'a Path, content: &[u8]) -> io::Result<Self> {
        let new = Staged::new(path, content, MODE)?;
        let old = Backup::new(path)?;
        new.replace()?;
        Ok(Self { path, old })
    }

    fn undo(self) -> io::Result<()> {
        match self.old {
            Some(old) => old.restore(),
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
    let created = Staged::new(origin.value, content, mode).and_then(Staged::create);
    created.map_err(|error| access::unwritable(origin, "can't be made", &error))?;
    Ok(NewFile(origin.value.to_owned()))
}

/// Writes `content` to a file, which must not be the image at `image`, or replaces what is there.
pub(crate) fn replace(origin: Origin<'_>, image: &Path, content: &[u8]) -> Result<(), Finding> {
    let path = origin.value;
    let remedy = "choose another name";
    check(origin, "a picture", remedy, &[(Flag::Image, image)])?;
    let replaced = Staged::new(path, content, MODE).and_then(Staged::replace);
    replaced.map_err(|error| not_written(origin, &error))
}

fn origin(out: &Path) -> Origin<'_> {
    Origin {
        flag: Flag::Out,
        value: out,
    }
}

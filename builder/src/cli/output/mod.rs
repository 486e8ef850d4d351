// SPDX-License-Identifier: BSD-2-Clause

//! Writing the image's file and its manifest: all of it or nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::bounded;
use crate::files::output::{Backup, MODE, Staged, check, not_written};
use crate::manifest::{self, manifest_path};

#[cfg(test)]
mod tests;

/// What is to be written.
pub(super) struct Output<'a> {
    image: &'a Path,
    /// Where the manifest belongs, if there is to be one.
    manifest: Option<PathBuf>,
    /// What to do where it can't be there.
    remedy: &'static str,
}

impl<'a> Output<'a> {
    /// An image at `image` and, if it is to be `with_manifest`, that beside it.
    pub(super) fn new(image: &'a Path, with_manifest: bool, remedy: &'static str) -> Self {
        Self {
            image,
            manifest: with_manifest.then(|| manifest_path(image)),
            remedy,
        }
    }

    /// Checks that all of it may be written, and replaces none of `inputs`.
    pub(super) fn check(&self, inputs: &[(Flag, &Path)]) -> Result<(), Diagnostic> {
        check_image(self.image, inputs)?;
        match &self.manifest {
            Some(manifest) => {
                let what = "the image's manifest";
                check(origin(manifest), what, self.remedy, inputs)?;
                check_manifest(origin(manifest), self.remedy)
            }
            None => Ok(()),
        }
    }

    /// Writes `image` and, where there is to be one, what `manifest` returns.
    pub(super) fn write(
        &self,
        image: &[u8],
        manifest: impl FnOnce() -> Result<Vec<u8>, Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let new_image = Staged::new(self.image, image, MODE)
            .map_err(|error| not_written(origin(self.image), &error))?;
        let replaced = match self.manifest.as_deref() {
            Some(path) => Some(
                Replaced::new(path, &manifest()?)
                    .map_err(|error| not_written(origin(path), &error))?,
            ),
            None => None,
        };
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

/// Checks that an image at `image` may be written, and replaces none of `inputs`.
pub(super) fn check_image(image: &Path, inputs: &[(Flag, &Path)]) -> Result<(), Diagnostic> {
    check(origin(image), "an image", "choose another name", inputs)
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

/// Checks that a manifest, whose name nobody gave, takes the place of a manifest, if of anything.
fn check_manifest(origin: Origin<'_>, remedy: &str) -> Result<(), Diagnostic> {
    let is_manifest =
        || bounded::read(origin).is_ok_and(|content| manifest::parse(&content).is_some());
    if !origin.value.exists() || is_manifest() {
        return Ok(());
    }
    Err(origin
        .diagnostic("can't be replaced by the image's manifest")
        .expected("a manifest that the builder wrote, or no file")
        .found("another file")
        .remedy(remedy))
}

fn origin(out: &Path) -> Origin<'_> {
    Origin::new(Flag::Out, out)
}

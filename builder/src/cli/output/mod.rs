// SPDX-License-Identifier: BSD-2-Clause

//! Writes an image and its manifest, both or none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::bounded;
use crate::files::output::{Backup, Staged, check, not_written};
use crate::manifest::{self, manifest_path};

#[cfg(test)]
mod tests;

/// The files to write.
pub(super) struct Output<'a> {
    image: &'a Path,
    /// Path of the manifest, if there is one.
    manifest: Option<PathBuf>,
    /// What to do if the manifest can't be written there.
    remedy: &'static str,
}

impl<'a> Output<'a> {
    /// An image at `image` and, `with_manifest`, a manifest beside it.
    pub(super) fn new(image: &'a Path, with_manifest: bool, remedy: &'static str) -> Self {
        Self {
            image,
            manifest: with_manifest.then(|| manifest_path(image)),
            remedy,
        }
    }

    /// Checks that both files can be written and replace none of `inputs`.
    pub(super) fn check(&self, inputs: &[(Flag, &Path)]) -> Result<(), Diagnostic> {
        check_image(self.image, inputs)?;
        if let Some(manifest) = &self.manifest {
            let what = "the image's manifest";
            check(origin(manifest), what, self.remedy, inputs)?;
            check_manifest(origin(manifest), self.remedy)?;
        }
        Ok(())
    }

    /// Writes `image` and, if there is a manifest, the one that `manifest` returns. The image is renamed last.
    /// If something interrupts that, the SHA-256 in the manifest shows that it belongs to another image.
    pub(super) fn write(
        &self,
        image: &[u8],
        manifest: impl FnOnce() -> Result<Vec<u8>, Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let no_image = |error: io::Error| not_written(origin(self.image), &error);
        let new_image = Staged::replacement(self.image, image).map_err(no_image)?;
        let Some(path) = self.manifest.as_deref() else {
            return new_image.replace().map_err(no_image);
        };
        let no_manifest = |error: io::Error| not_written(origin(path), &error);
        let new_manifest = Staged::replacement(path, &manifest()?).map_err(no_manifest)?;
        let old_manifest = Backup::new(path).map_err(no_manifest)?;
        new_manifest.replace().map_err(no_manifest)?;
        let Err(error) = new_image.replace() else {
            return Ok(());
        };
        let undone = match old_manifest {
            Some(old) => old.restore(),
            None if path.exists() => fs::remove_file(path),
            None => Ok(()),
        };
        undone.map_err(no_manifest)?;
        Err(no_image(error))
    }
}

/// Checks that an image can be written to `image` and replaces none of `inputs`.
pub(super) fn check_image(image: &Path, inputs: &[(Flag, &Path)]) -> Result<(), Diagnostic> {
    check(origin(image), "an image", "choose another name", inputs)
}

/// Checks that the manifest replaces only a manifest: no option names its path.
fn check_manifest(origin: Origin<'_>, remedy: &str) -> Result<(), Diagnostic> {
    let is_manifest =
        || bounded::read(origin).is_ok_and(|content| manifest::parse(&content).is_some());
    if !origin.value.exists() || is_manifest() {
        return Ok(());
    }
    Err(origin
        .diagnostic("the manifest would replace another file")
        .expected("no file, or a manifest of the builder")
        .found("another file")
        .remedy(remedy))
}

fn origin(out: &Path) -> Origin<'_> {
    Origin::new(Flag::Out, out)
}

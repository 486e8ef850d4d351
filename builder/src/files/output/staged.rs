// SPDX-License-Identifier: BSD-2-Clause

//! What is written and has not its name yet, so that none is ever half-written, and what had that name before.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempPath};

use super::place::folder;

/// What the names of temporary files begin with.
const PREFIX: &str = ".kaal-";

/// New content of a file, in a temporary one beside it.
#[must_use]
pub(crate) struct Staged {
    file: NamedTempFile,
    target: PathBuf,
}

impl Staged {
    /// `content` for the file at `path`, which keeps its permissions; those of a new one are `mode`, before the umask.
    pub(crate) fn new(path: &Path, content: &[u8], mode: u32) -> io::Result<Self> {
        let target = target(path);
        let mut file = Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder(&target))?;
        if let Ok(old) = fs::metadata(&target) {
            file.as_file().set_permissions(old.permissions())?;
        }
        file.write_all(content)?;
        Ok(Self { file, target })
    }

    /// Takes the place of what is there.
    pub(crate) fn replace(self) -> io::Result<()> {
        self.file.persist(&self.target)?;
        Ok(())
    }

    /// Takes a place where nothing is.
    pub(crate) fn create(self) -> io::Result<()> {
        self.file.persist_noclobber(&self.target)?;
        Ok(())
    }
}

/// What a file holds before it is replaced. The file keeps its name meanwhile.
#[must_use]
pub(crate) struct Backup {
    file: TempPath,
    target: PathBuf,
}

impl Backup {
    /// The content of the file at `path`, if there is one.
    pub(crate) fn new(path: &Path) -> io::Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let target = target(path);
        // Not all file systems have links, and not everybody may link to what belongs to others.
        let file = link_to(&target).or_else(|_| copy_of(&target))?;
        Ok(Some(Self { file, target }))
    }

    /// Gives the file back what it held.
    pub(crate) fn restore(self) -> io::Result<()> {
        self.file.persist(&self.target)?;
        Ok(())
    }
}

/// Another name, a temporary one, for the file at `path`.
fn link_to(path: &Path) -> io::Result<TempPath> {
    let mut names = Builder::new();
    names.prefix(PREFIX);
    let link = names.make_in(folder(path), |name| fs::hard_link(path, name))?;
    Ok(link.into_temp_path())
}

/// A temporary file with the content and permissions of the file at `path`.
fn copy_of(path: &Path) -> io::Result<TempPath> {
    let mut names = Builder::new();
    names.prefix(PREFIX);
    let copy = names.tempfile_in(folder(path))?.into_temp_path();
    fs::copy(path, &copy)?;
    Ok(copy)
}

/// The file that `path` leads to: a link stays, and leads to the new content.
fn target(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::{Backup, Staged, copy_of, link_to};

    /// Whenever it is interrupted, there is a file of that name.
    #[test]
    fn a_backup_leaves_the_file_in_its_place() {
        for make in [link_to, copy_of] {
            let folder = TempDir::new().expect("a temporary folder");
            let path = folder.path().join("file");
            fs::write(&path, "before").expect("a writable folder");
            let read = || fs::read_to_string(&path).ok();
            let backup = Backup {
                file: make(&path).expect("a backup"),
                target: path.clone(),
            };
            assert_eq!(read().as_deref(), Some("before"));
            let staged = Staged::new(&path, b"after", 0o666);
            staged.and_then(Staged::replace).expect("another content");
            assert_eq!(read().as_deref(), Some("after"));
            backup.restore().expect("what was there before");
            assert_eq!(read().as_deref(), Some("before"));
            let left = fs::read_dir(folder.path()).expect("a readable folder");
            assert_eq!(left.count(), 1);
        }
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Replaces files atomically: new content gets its name by a rename, and old content can be
//! restored.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempPath};

use super::MODE;
use super::place::folder;

/// Prefix of the names of temporary files.
const PREFIX: &str = ".kaal-";

/// New content for a file, in a temporary file beside it.
#[must_use]
pub(crate) struct Staged {
    file: NamedTempFile,
    target: PathBuf,
}

impl Staged {
    /// Stages `content` for a new file at `path` with the permissions `mode`, reduced by the umask. The temporary
    /// file has these before it has any content.
    pub(crate) fn new(path: &Path, content: &[u8], mode: u32) -> io::Result<Self> {
        let mut staged = Self::empty(path.to_owned(), mode)?;
        staged.file.write_all(content)?;
        Ok(staged)
    }

    /// Stages `content` for the file at `path`. An existing file keeps its permissions.
    pub(crate) fn replacement(path: &Path, content: &[u8]) -> io::Result<Self> {
        let mut staged = Self::empty(target(path), MODE)?;
        if let Ok(old) = fs::metadata(&staged.target) {
            staged.file.as_file().set_permissions(old.permissions())?;
        }
        staged.file.write_all(content)?;
        Ok(staged)
    }

    fn empty(target: PathBuf, mode: u32) -> io::Result<Self> {
        let file = Builder::new()
            .prefix(PREFIX)
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder(&target))?;
        Ok(Self { file, target })
    }

    /// Moves the content to its name and replaces an existing file.
    pub(crate) fn replace(self) -> io::Result<()> {
        self.file.persist(&self.target)?;
        Ok(())
    }

    /// Moves the content to its name and fails if a file exists. The file is deleted on drop.
    pub(crate) fn create(self) -> io::Result<TempPath> {
        self.file.persist_noclobber(&self.target)?;
        TempPath::try_from_path(self.target)
    }
}

/// The old content of a file that will be replaced. The file keeps its name until then.
#[must_use]
pub(crate) struct Backup {
    file: TempPath,
    target: PathBuf,
}

impl Backup {
    /// Backs up the file at `path`, if it exists.
    pub(crate) fn new(path: &Path) -> io::Result<Option<Self>> {
        if !path.exists() {
            return Ok(None);
        }
        let target = target(path);
        // Some file systems have no hard links, and systems can forbid links to other users' files.
        let file = link_to(&target).or_else(|_| copy_of(&target))?;
        Ok(Some(Self { file, target }))
    }

    /// Restores the old content.
    pub(crate) fn restore(self) -> io::Result<()> {
        self.file.persist(&self.target)?;
        Ok(())
    }
}

/// Creates a temporary hard link to the file at `path`.
fn link_to(path: &Path) -> io::Result<TempPath> {
    let mut names = Builder::new();
    names.prefix(PREFIX);
    let link = names.make_in(folder(path), |name| fs::hard_link(path, name))?;
    Ok(link.into_temp_path())
}

/// Copies the file at `path` to a temporary file with the same permissions.
fn copy_of(path: &Path) -> io::Result<TempPath> {
    let mut names = Builder::new();
    names.prefix(PREFIX);
    let copy = names.tempfile_in(folder(path))?.into_temp_path();
    fs::copy(path, &copy)?;
    Ok(copy)
}

/// Follows symbolic links at `path`, so that the link stays and leads to the new content.
fn target(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::{Backup, Staged, copy_of, link_to};
    use crate::files::output::SECRET_MODE;

    /// A secret has its own permissions even before it turns out that the file exists.
    #[test]
    fn a_new_file_inherits_no_permissions() {
        let folder = TempDir::new().expect("a temporary folder");
        let path = folder.path().join("file");
        fs::write(&path, "before").expect("a writable folder");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("the owner's file");
        let staged = Staged::new(&path, b"secret", SECRET_MODE).expect("a writable folder");
        let metadata = staged.file.as_file().metadata().expect("a file");
        assert_eq!(metadata.permissions().mode() & 0o777, SECRET_MODE);
        assert!(staged.create().is_err());
        assert_eq!(fs::read(&path).ok().as_deref(), Some(&b"before"[..]));
    }

    /// The file exists at each point where the process could be interrupted.
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
            let staged = Staged::replacement(&path, b"after");
            staged.and_then(Staged::replace).expect("another content");
            assert_eq!(read().as_deref(), Some("after"));
            backup.restore().expect("what was there before");
            assert_eq!(read().as_deref(), Some("before"));
            let left = fs::read_dir(folder.path()).expect("a readable folder");
            assert_eq!(left.count(), 1);
        }
    }
}

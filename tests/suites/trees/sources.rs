// SPDX-License-Identifier: BSD-2-Clause

//! Finds real device trees.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use kaal_harness::workspace::Workspace;
use walkdir::WalkDir;

/// Files that hold device trees.
pub(crate) struct Source {
    /// The test's name.
    pub(crate) name: &'static str,
    /// What has these files.
    pub(crate) origin: &'static str,
    /// Empty if this machine lacks them.
    pub(crate) files: Vec<PathBuf>,
}

/// Names a folder with the device trees of another kernel.
const VARIABLE: &str = "KAAL_DTBS";

/// All sources.
pub(crate) fn all(workspace: &Workspace) -> [Source; 2] {
    let of_linux = match env::var_os(VARIABLE) {
        Some(folder) => vec![PathBuf::from(folder)],
        None => installed_kernels(),
    };
    let of_u_boot = [PathBuf::from("/usr/lib/u-boot"), workspace.u_boots()];
    [
        Source {
            name: "of_linux",
            origin: "KAAL_DTBS or Debian's kernel for arm64",
            files: files(&of_linux, &["dtb"]),
        },
        Source {
            name: "of_u_boot",
            origin: "Debian's U-Boots",
            // U-Boot's own tree is at the end of `u-boot.bin`.
            files: files(&of_u_boot, &["dtb", "bin"]),
        },
    ]
}

/// The folders of Debian's and others' kernels.
fn installed_kernels() -> Vec<PathBuf> {
    let packages = WalkDir::new("/usr/lib").max_depth(1).into_iter().flatten();
    let of_debian = packages.filter(|entry| {
        let name = entry.file_name().to_string_lossy();
        name.starts_with("linux-image-")
    });
    let of_debian = of_debian.map(|entry| entry.into_path());
    of_debian.chain([PathBuf::from("/boot/dtbs")]).collect()
}

/// The files below `folders` with one of these extensions, in the same order on each run.
fn files(folders: &[PathBuf], extensions: &[&str]) -> Vec<PathBuf> {
    let entries = folders.iter().flat_map(|folder| {
        let sorted = WalkDir::new(folder).sort_by_file_name();
        sorted.into_iter().flatten()
    });
    let has_extension = |file: &Path| {
        let extension = file.extension().and_then(OsStr::to_str);
        extension.is_some_and(|extension| extensions.contains(&extension))
    };
    let files = entries.filter(|entry| entry.file_type().is_file());
    let files = files.map(|entry| entry.into_path());
    files.filter(|file| has_extension(file)).collect()
}

/// The device trees in a file, with their offsets.
pub(crate) fn trees(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let offsets = (0..content.len()).step_by(size_of::<u32>());
    offsets.filter_map(|offset| {
        let blob = &content[offset..];
        let field = |index: usize| {
            let field = blob.get(4 * index..)?.first_chunk()?;
            Some(u32::from_be_bytes(*field))
        };
        let (magic, size) = (field(0)?, field(1)?);
        let versions = (field(5)?, field(6)?);
        let is_tree = magic == 0xd00d_feed && versions == (17, 16);
        let blob = blob.get(..size as usize).filter(|_| is_tree)?;
        Some((offset, blob))
    })
}

// SPDX-License-Identifier: BSD-2-Clause

//! Collects the licences of everything that is linked into the programs.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use crate::sbom::Crates;
use crate::setup::Compiler;

use super::platform::{Linking, Platform};
use super::tree::{self, Files};

/// A file that states a licence has one of these words in its name.
const WORDS: [&str; 5] = ["license", "licence", "copying", "copyright", "notice"];

/// The file in which a toolchain lists all licences of the standard library.
const LIBRARY: &str = "COPYRIGHT-library.html";

/// The copyright of musl. The toolchain has only the text of its licence.
const MUSL: &str = "\
musl, the C library, is under the MIT licence.
Copyright © 2005-2020 Rich Felker, et al.

";

/// The licence files of each crate, of Rust's standard library and of the C library.
pub(super) fn collect(crates: &Crates, platform: Platform, compiler: &Compiler) -> Result<Files> {
    let mut files = Files::new();
    for ((name, version), linked) in crates.foreign() {
        let found = in_folder(&linked.folder, &format!("licenses/{name}-{version}"))?;
        ensure!(
            !found.is_empty(),
            "{name} {version} has no licence file: a file named like {} expected in {}",
            WORDS.join(", "),
            linked.folder.display()
        );
        files.extend(found);
    }
    let documentation = compiler.sysroot.join("share/doc/rust");
    let from_toolchain = |name: &str| {
        fs::read_to_string(documentation.join(name)).context(
            "the toolchain has no licences of Rust's standard library: use a toolchain of rustup, \
             https://rustup.rs",
        )
    };
    let name = format!("licenses/rust-standard-library/{LIBRARY}");
    files.insert(name.into(), from_toolchain(LIBRARY)?.into());
    if platform.linking() == Linking::Musl {
        let text = [MUSL, &from_toolchain("licenses/MIT.txt")?].concat();
        files.insert("licenses/musl/COPYRIGHT".into(), text.into());
    }
    Ok(files)
}

/// The files in `folder` that state a licence, for the archive's folder `name`.
fn in_folder(folder: &Path, name: &str) -> Result<Files> {
    let mut files = Files::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        let lower = file_name.to_lowercase();
        if WORDS.iter().any(|word| lower.contains(word)) {
            files.extend(tree::read(&path, &format!("{name}/{file_name}"))?);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::in_folder;

    #[test]
    fn licences_are_found_by_their_names() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("LICENSES"))?;
        let names = ["MIT-LICENSE", "LICENSES/MIT", "UNLICENSE", "copying.txt"];
        for name in [&names[..], &["README.md"]].concat() {
            fs::write(folder.path().join(name), "text")?;
        }
        let files = in_folder(folder.path(), "licenses/some-1.0.0")?;
        let mut expected = names.map(|name| PathBuf::from("licenses/some-1.0.0").join(name));
        expected.sort();
        assert!(files.keys().eq(&expected), "{:?}", files.keys());
        Ok(())
    }
}

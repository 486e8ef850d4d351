// SPDX-License-Identifier: BSD-2-Clause

//! Finds the crates that Cargo resolves.

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand, Package};

use crate::process;

/// The name and version of a crate.
pub type Name = (String, String);

/// The name and version of `package`.
pub fn name(package: &Package) -> Name {
    (package.name.to_string(), package.version.to_string())
}

/// All packages that Cargo resolves for `targets`, or for all targets if there are none.
///
/// # Errors
///
/// Fails if Cargo does.
pub fn resolved(root: &Path, targets: &[&str]) -> Result<Metadata> {
    let filters = targets.iter();
    let filters = filters.map(|triple| format!("--filter-platform={triple}"));
    let mut command = MetadataCommand::new();
    command.manifest_path(root.join("Cargo.toml"));
    command.other_options(
        ["--locked".to_owned()]
            .into_iter()
            .chain(filters)
            .collect::<Vec<_>>(),
    );
    let metadata = command.exec();
    metadata.context("failed to find the crates' sources")
}

/// The crates that `cargo tree` prints with these options. Unlike [`resolved`], it doesn't unite the features of all
/// packages and of build scripts.
///
/// # Errors
///
/// Fails if Cargo does, or finds none.
pub fn tree(root: &Path, options: &[&str]) -> Result<BTreeSet<Name>> {
    let mut tree = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    tree.current_dir(root);
    tree.args("tree --locked --quiet --prefix none --format {p}".split(' '));
    let names = names(&process::read(tree.args(options))?);
    ensure!(!names.is_empty(), "cargo tree is empty");
    Ok(names)
}

/// The crates in lines like `crc v3.4.0`. For some crates, more follows.
fn names(tree: &str) -> BTreeSet<Name> {
    let name = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
    };
    tree.lines().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn crates_are_named_once_without_folders() {
        let tree = "kaal-unpacker v0.1.0 (/some/folder)\ncrc v3.4.0\ncrc v3.4.0 (*)\n";
        let expected = [("crc", "3.4.0"), ("kaal-unpacker", "0.1.0")];
        let expected = expected.map(|(name, version)| (name.to_owned(), version.to_owned()));
        assert!(names(tree).into_iter().eq(expected));
    }
}

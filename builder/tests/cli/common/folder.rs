// SPDX-License-Identifier: BSD-2-Clause

//! A folder with inputs, and the builder run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

use super::device_tree::DeviceTree;
use super::programs;

/// Options that make an image of a folder's files.
const OPTIONS: [(&str, &str); 5] = [
    ("--loader", "loader.elf"),
    ("--kernel", "kernel.elf"),
    ("--app", "app.elf"),
    ("--dtb", "kernel.dtb"),
    ("--out", "image.elf"),
];

/// A folder with all inputs, each well-formed.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self::empty();
        folder.put("loader.elf", programs::loader().to_bytes());
        folder.put("unpacker.elf", programs::unpacker().to_bytes());
        folder.put("efi-stub.elf", programs::efi_stub().to_bytes());
        folder.put(
            "kernel.elf",
            programs::kernel(programs::ORDINARY_BASE).to_bytes(),
        );
        folder.put("app.elf", programs::app().to_bytes());
        folder.put("kernel.dtb", DeviceTree::with_ram(0x1000_0000).to_bytes());
        folder
    }

    /// A folder with nothing in it.
    pub(crate) fn empty() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), content).expect("a writable folder");
    }

    pub(crate) fn get(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).expect("a readable file")
    }

    /// All files, by name.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = fs::read_dir(self.path())
            .expect("a readable folder")
            .map(|entry| entry.expect("a readable folder").path())
            .collect();
        files.sort();
        files
    }

    /// The arguments that make an image, with `changes`: an option gets another value, or is added.
    /// An empty value adds an option that takes none, and leaves out one that takes one. Nothing else than
    /// these says what the image is made of.
    pub(crate) fn arguments<'a>(changes: &[(&'a str, &'a str)]) -> Vec<&'a str> {
        let is_changed = |option| changes.iter().any(|&(changed, _)| changed == option);
        let options = OPTIONS
            .into_iter()
            .filter(|&(option, _)| !is_changed(option))
            .chain(changes.iter().copied())
            .flat_map(|(option, value)| match value {
                "" if OPTIONS.iter().any(|&(known, _)| known == option) => vec![],
                "" => vec![option],
                _ => vec![option, value],
            });
        ["--no-config"].into_iter().chain(options).collect()
    }

    /// Runs the builder in the folder with other arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        Command::cargo_bin("kaal-elfloader-builder")
            .expect("the builder")
            .current_dir(self.path())
            .args(arguments)
            .output()
            .expect("the builder runs")
    }

    /// Runs the builder `below` the folder in an environment whose options are those in `variables`.
    pub(crate) fn configured(
        &self,
        below: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Output {
        let mut command = Command::cargo_bin("kaal-elfloader-builder").expect("the builder");
        let names = std::env::vars_os().map(|(name, _)| name);
        for name in names.filter(|name| name.to_string_lossy().starts_with("KAAL_")) {
            command.env_remove(name);
        }
        command
            .current_dir(self.path().join(below))
            .args(arguments)
            .envs(variables.iter().copied())
            .output()
            .expect("the builder runs")
    }

    /// Runs the builder in the folder with changed options.
    pub(crate) fn run(&self, changes: &[(&str, &str)]) -> Output {
        self.command(&Self::arguments(changes))
    }

    /// The builder's messages for an image that it makes.
    pub(crate) fn accepted(&self, changes: &[(&str, &str)]) -> String {
        let output = self.run(changes);
        let messages = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(0), "{messages}");
        assert!(output.stdout.is_empty());
        messages
    }

    /// The builder's messages for options that it refuses before it looks at any input: there is none.
    pub(crate) fn misused(changes: &[(&str, &str)]) -> String {
        let folder = Self::empty();
        let output = folder.run(changes);
        let messages = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{messages}");
        assert!(output.stdout.is_empty());
        assert!(folder.files().is_empty(), "{messages}");
        messages
    }

    /// The builder's message for inputs that it refuses; it must leave nothing behind.
    pub(crate) fn refused(&self, changes: &[(&str, &str)]) -> String {
        let before = self.files();
        let output = self.run(changes);
        let messages = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{messages}");
        assert!(output.stdout.is_empty());
        assert_eq!(self.files(), before, "{messages}");
        messages
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! The compiler that the released builder comes from.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_tests::process;

/// The compiler that Cargo runs for programs of the host.
pub(super) struct Compiler {
    /// All that `rustc --version --verbose` prints.
    pub(super) version: String,
    /// The target triple that it runs on itself.
    pub(super) host: String,
    /// The toolchain's folder.
    pub(super) sysroot: PathBuf,
}

impl Compiler {
    pub(super) fn query() -> Result<Self> {
        let version = read(&["--version", "--verbose"])?;
        let host = field(&version, "host")
            .with_context(|| format!("failed to read the compiler's host: {version}"))?
            .to_owned();
        let sysroot = PathBuf::from(read(&["--print", "sysroot"])?.trim_end());
        Ok(Self {
            version,
            host,
            sysroot,
        })
    }

    /// Whether the toolchain holds the standard library for `triple`.
    pub(super) fn has_library(&self, triple: &str) -> bool {
        self.rustlib(triple).join("lib").is_dir()
    }

    /// Whether the toolchain holds the linker that links for any target.
    pub(super) fn has_linker(&self) -> bool {
        self.rustlib(&self.host).join("bin/rust-lld").is_file()
    }

    /// The commit that the compiler was built from.
    pub(super) fn commit(&self) -> &str {
        field(&self.version, "commit-hash").unwrap_or("unknown")
    }

    fn rustlib(&self, triple: &str) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(triple)
    }
}

fn read(arguments: &[&str]) -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    process::read(Command::new(rustc).args(arguments))
        .context("failed to ask the compiler for its version: install Rust from https://rustup.rs")
}

/// `a-b-c` of a line `host: a-b-c`.
fn field<'a>(version: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = version.lines().filter_map(|line| line.split_once(": "));
    lines.find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn fields_stand_on_lines_of_their_own() {
        let version = "rustc 1.97.0-nightly (e50aa6fba 2026-05-19)\nbinary: rustc\nhost: a-b-c\n";
        assert_eq!(field(version, "host"), Some("a-b-c"));
        assert_eq!(field(version, "commit-hash"), None);
    }
}

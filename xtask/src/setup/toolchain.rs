// SPDX-License-Identifier: BSD-2-Clause

//! What the Rust toolchain holds for the target.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_tests::process;

/// The target that loader and probe are built for.
pub(crate) const TARGET: &str = "aarch64-unknown-none";

/// The toolchain that Cargo uses.
pub(crate) struct Toolchain {
    sysroot: PathBuf,
    /// The compiler's release, such as `1.97`.
    pub(crate) release: String,
    /// The target that it runs on itself.
    pub(crate) host: String,
}

impl Toolchain {
    pub(crate) fn query() -> Result<Self> {
        let sysroot = process::read(rustc().args(["--print", "sysroot"]))?;
        let version = process::read(rustc().args(["--version", "--verbose"]))?;
        Ok(Self {
            sysroot: PathBuf::from(sysroot.trim_end()),
            release: release_of(&version)
                .with_context(|| format!("failed to read the compiler's release: {version}"))?,
            host: host_of(&version)
                .with_context(|| format!("failed to read the compiler's host: {version}"))?,
        })
    }

    /// Whether `core` comes compiled for the target.
    pub(crate) fn has_target(&self) -> bool {
        let libraries = self.sysroot.join("lib/rustlib").join(TARGET).join("lib");
        libraries.is_dir()
    }

    /// Whether the source of `core` is there.
    pub(crate) fn has_source(&self) -> bool {
        self.source().join("library/core/Cargo.toml").is_file()
    }

    /// The folder that holds `library`, the folder that Cargo builds `core` from.
    pub(crate) fn source(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }
}

fn rustc() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// `1.97` of `rustc 1.97.0-nightly (e50aa6fba 2026-05-19)`.
fn release_of(version: &str) -> Option<String> {
    let mut numbers = version.split_whitespace().nth(1)?.split('.');
    Some(format!("{}.{}", numbers.next()?, numbers.next()?))
}

/// What stands in a line of its own, like `host: x86_64-unknown-linux-gnu`.
fn host_of(version: &str) -> Option<String> {
    let mut lines = version.lines();
    lines
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{host_of, release_of};

    #[test]
    fn host_is_a_line_of_its_own() {
        let version = "rustc 1.97.0-nightly (e50aa6fba 2026-05-19)\nbinary: rustc\nhost: a-b-c\n";
        assert_eq!(host_of(version).as_deref(), Some("a-b-c"));
        assert_eq!(host_of("rustc 1.97.0"), None);
    }

    #[test]
    fn release_is_major_and_minor() {
        let release = |version| release_of(version);
        assert_eq!(
            release("rustc 1.97.0-nightly (e50aa6fba 2026-05-19)\n").as_deref(),
            Some("1.97")
        );
        assert_eq!(release("rustc"), None);
    }
}

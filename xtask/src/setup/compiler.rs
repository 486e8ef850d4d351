// SPDX-License-Identifier: BSD-2-Clause

//! The version of a Rust compiler, and the parts of its toolchain.

use std::env;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use kaal_harness::{process, toolchain};
use rustc_version::{Channel, VersionMeta, version_meta_for};

/// The target of the loader and the probe kernels.
pub(crate) const TARGET: &str = "aarch64-unknown-none";

#[derive(Debug)]
pub(crate) struct Compiler {
    /// The toolchain's folder.
    pub(crate) sysroot: PathBuf,
    /// The output of `rustc --version --verbose`.
    pub(crate) description: String,
    pub(crate) version: VersionMeta,
}

impl Compiler {
    /// The compiler that Cargo was started with.
    pub(crate) fn current() -> Result<Self> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        Self::query(|| Command::new(&rustc))
            .context("failed to read the compiler's version: install Rust from https://rustup.rs")
    }

    /// Queries the compiler that the command `rustc` starts.
    pub(crate) fn query(rustc: impl Fn() -> Command) -> Result<Self> {
        let sysroot = process::read(rustc().args(["--print", "sysroot"]))?;
        let description = process::read(rustc().args(["--version", "--verbose"]))?;
        let version = version_meta_for(&description)
            .with_context(|| format!("failed to read the compiler's version: {description}"))?;
        Ok(Self {
            sysroot: sysroot.trim_end().into(),
            description,
            version,
        })
    }

    pub(crate) fn is_nightly(&self) -> bool {
        matches!(self.version.channel, Channel::Nightly | Channel::Dev)
    }

    /// Whether it is the one that the flake pins.
    pub(crate) fn is_pinned(&self) -> bool {
        self.is_nightly() && self.version.commit_date.as_deref() == Some(toolchain::COMMIT_DATE)
    }

    /// Fails for a compiler that is older than the pinned one.
    pub(crate) fn check_age(&self) -> Result<()> {
        let (major, minor) = toolchain::MIN_RELEASE;
        let release = &self.version.semver;
        ensure!(
            (release.major, release.minor) >= (major, minor),
            "{self} is too old: {major}.{minor} or newer expected; install a newer one and run the command again:\n  \
             rustup toolchain install {}",
            toolchain::PINNED
        );
        Ok(())
    }

    /// The release as Debian names it, such as `1.97`.
    pub(crate) fn release(&self) -> String {
        let version = &self.version.semver;
        format!("{}.{}", version.major, version.minor)
    }

    /// The target that the compiler itself runs on.
    pub(crate) fn host(&self) -> &str {
        &self.version.host
    }

    /// Whether the toolchain has the standard library, compiled for the target `triple`.
    pub(crate) fn has_library(&self, triple: &str) -> bool {
        self.rustlib(triple).join("lib").is_dir()
    }

    /// Whether the toolchain has the linker that links for any target.
    pub(crate) fn has_linker(&self) -> bool {
        self.rustlib(self.host()).join("bin/rust-lld").is_file()
    }

    fn rustlib(&self, triple: &str) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(triple)
    }

    /// Whether the toolchain has the source of `core`.
    pub(crate) fn has_source(&self) -> bool {
        self.source().join("library/core/Cargo.toml").is_file()
    }

    /// The folder of `library`, from which Cargo builds `core`.
    pub(crate) fn source(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }
}

/// Shown like `rustc 1.97.0-nightly (e50aa6fba 2026-05-19)`.
impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.version.short_version_string)
    }
}

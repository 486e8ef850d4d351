// SPDX-License-Identifier: BSD-2-Clause

//! What a Rust compiler says of itself and holds for the target.

use std::env;
use std::fmt;
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use kaal_harness::{process, toolchain};

/// The target that loader and probe are built for.
pub(crate) const TARGET: &str = "aarch64-unknown-none";

/// A compiler.
#[derive(Debug)]
pub(crate) struct Compiler {
    /// The toolchain's folder.
    pub(crate) sysroot: PathBuf,
    description: Description,
}

/// What `rustc --version --verbose` prints.
#[derive(Debug)]
struct Description {
    text: String,
    release: (u32, u32),
    commit_hash: String,
    /// The day of that commit.
    commit_date: String,
    /// The target that the compiler runs on itself.
    host: String,
}

impl Compiler {
    /// The compiler that Cargo was started with.
    pub(crate) fn current() -> Result<Self> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        Self::query(|| Command::new(&rustc)).context(
            "failed to ask the compiler for its version: install Rust from https://rustup.rs",
        )
    }

    /// Asks the compiler that `rustc` starts.
    pub(crate) fn query(rustc: impl Fn() -> Command) -> Result<Self> {
        let sysroot = process::read(rustc().args(["--print", "sysroot"]))?;
        let text = process::read(rustc().args(["--version", "--verbose"]))?;
        let description = Description::parse(&text)
            .with_context(|| format!("failed to read the compiler's version: {text}"))?;
        Ok(Self {
            sysroot: sysroot.trim_end().into(),
            description,
        })
    }

    pub(crate) fn is_nightly(&self) -> bool {
        let version = self.version();
        version.contains("-nightly") || version.contains("-dev")
    }

    /// Whether it is the one that the flake pins.
    pub(crate) fn is_pinned(&self) -> bool {
        self.is_nightly() && self.description.commit_date == toolchain::COMMIT_DATE
    }

    /// Fails for a compiler that is older than the pinned one.
    pub(crate) fn check_age(&self) -> Result<()> {
        let (major, minor) = toolchain::MIN_RELEASE;
        ensure!(
            self.description.release >= toolchain::MIN_RELEASE,
            "{self} is too old: {major}.{minor} or newer expected; get it and run the command again:\n  \
             rustup toolchain install {}",
            toolchain::PINNED
        );
        Ok(())
    }

    /// The release as Debian names it, such as `1.97`.
    pub(crate) fn release(&self) -> String {
        let (major, minor) = self.description.release;
        format!("{major}.{minor}")
    }

    /// The first line, such as `rustc 1.97.0-nightly (e50aa6fba 2026-05-19)`.
    fn version(&self) -> &str {
        let mut lines = self.description.text.lines();
        lines.next().unwrap_or_default()
    }

    /// All that `rustc --version --verbose` prints.
    pub(crate) fn description(&self) -> &str {
        &self.description.text
    }

    /// The commit that the compiler was built from.
    pub(crate) fn commit_hash(&self) -> &str {
        &self.description.commit_hash
    }

    pub(crate) fn host(&self) -> &str {
        &self.description.host
    }

    /// Whether the standard library comes compiled for the target `triple`.
    pub(crate) fn has_library(&self, triple: &str) -> bool {
        self.rustlib(triple).join("lib").is_dir()
    }

    /// Whether the linker comes along that links for any target.
    pub(crate) fn has_linker(&self) -> bool {
        self.rustlib(self.host()).join("bin/rust-lld").is_file()
    }

    fn rustlib(&self, triple: &str) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(triple)
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

/// Shown as its version.
impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.version())
    }
}

impl Description {
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        let mut numbers = field("release: ")?.split('.').map(str::parse);
        Some(Self {
            text: text.to_owned(),
            release: (numbers.next()?.ok()?, numbers.next()?.ok()?),
            commit_hash: field("commit-hash: ")?.to_owned(),
            commit_date: field("commit-date: ")?.to_owned(),
            host: field("host: ")?.to_owned(),
        })
    }
}

#[cfg(test)]
impl Compiler {
    /// A compiler in the folder `sysroot`, which runs on `host`.
    pub(crate) fn pretended(sysroot: &Path, host: &str, release: &str, date: &str) -> Self {
        let text = format!(
            "rustc {release} (e50aa6fba {date})\nbinary: rustc\ncommit-hash: e50aa6fba\ncommit-date: {date}\n\
             host: {host}\nrelease: {release}\nLLVM version: 22.1.4\n"
        );
        Self {
            sysroot: sysroot.to_owned(),
            description: Description::parse(&text).unwrap(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Compiler, Description};

    fn compiler(release: &str, date: &str) -> Compiler {
        Compiler::pretended(Path::new("/toolchain"), "a-b-c", release, date)
    }

    #[test]
    fn the_pinned_compiler_is_told_from_others() {
        assert!(compiler("1.97.0-nightly", "2026-05-19").is_pinned());
        assert!(!compiler("1.97.0-nightly", "2026-05-20").is_pinned());
        let stable = compiler("1.97.0", "2026-05-19");
        assert!(!stable.is_nightly() && !stable.is_pinned());
        assert_eq!(
            (stable.release().as_str(), stable.host()),
            ("1.97", "a-b-c")
        );
        assert!(Description::parse("rustc 1.97.0").is_none());
    }

    #[test]
    fn an_old_compiler_is_refused_with_the_command_that_gets_another() {
        let error = compiler("1.96.0-nightly", "2026-03-01")
            .check_age()
            .unwrap_err();
        let error = error.to_string();
        assert!(error.contains("1.97 or newer expected"), "{error}");
        assert!(
            error.contains("rustup toolchain install nightly-2026-05-20"),
            "{error}"
        );
        assert!(compiler("1.99.0-nightly", "2026-08-01").check_age().is_ok());
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! The platforms that the builder is released for.

use std::env;

use anyhow::{Result, bail, ensure};
use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::setup::Compiler;

/// Where a builder runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Platform {
    pub(super) triple: &'static str,
    pub(super) linking: Linking,
}

/// How a builder is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Linking {
    /// Statically, with the musl that comes with Rust's standard library, on any Linux.
    Musl,
    /// Statically, with the host's own GNU C library.
    Gnu,
    /// On macOS, with the libraries that each macOS has.
    Apple,
}

impl Platform {
    const ALL: [Self; 6] = [
        Self::new("x86_64-unknown-linux-musl", Linking::Musl),
        Self::new("aarch64-unknown-linux-musl", Linking::Musl),
        Self::new("x86_64-unknown-linux-gnu", Linking::Gnu),
        Self::new("aarch64-unknown-linux-gnu", Linking::Gnu),
        Self::new("x86_64-apple-darwin", Linking::Apple),
        Self::new("aarch64-apple-darwin", Linking::Apple),
    ];

    const fn new(triple: &'static str, linking: Linking) -> Self {
        Self { triple, linking }
    }

    /// The platform of this machine: on Linux with musl, if the toolchain has that.
    pub(super) fn of_host(compiler: &Compiler) -> Result<Self> {
        let musl = compiler.host().replace("-gnu", "-musl");
        let find = |triple: &str| Self::ALL.into_iter().find(|known| known.triple == triple);
        match (find(&musl), find(compiler.host())) {
            (Some(musl), _) if compiler.has_library(musl.triple) => Ok(musl),
            (Some(musl), Some(host)) => {
                eprintln!(
                    "{musl} is not in the toolchain: building for {host}, for use on this machine only. \
                     For an archive to pass on, type\n  rustup target add {musl}",
                    musl = musl.triple,
                    host = host.triple
                );
                Ok(host)
            }
            (Some(other), None) | (None, Some(other)) => Ok(other),
            (None, None) => bail!(
                "no archive is made for {}: choose another platform with --target",
                compiler.host()
            ),
        }
    }

    /// Fails where this machine can't build for the platform.
    pub(super) fn check(self, compiler: &Compiler) -> Result<()> {
        let Self { triple, linking } = self;
        match linking {
            Linking::Musl => ensure!(
                compiler.has_linker(),
                "the toolchain has no rust-lld, which links for {triple}: use one that rustup installs, \
                 https://rustup.rs"
            ),
            Linking::Gnu => ensure!(
                compiler.host() == triple,
                "{triple}: built on such a machine only, with its C library; here, type\n  \
                 cargo xtask dist --target {}",
                triple.replace("-gnu", "-musl")
            ),
            Linking::Apple => ensure!(
                env::consts::OS == "macos",
                "{triple}: built on macOS only; there, type\n  cargo xtask dist --target {triple}"
            ),
        }
        ensure!(
            compiler.has_library(triple),
            "the toolchain has no standard library for {triple}; type\n  rustup target add {triple}"
        );
        Ok(())
    }
}

impl ValueEnum for Platform {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.triple))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::Platform;
    use crate::setup::Compiler;

    /// A compiler that runs on `host` and has the standard libraries of `targets`.
    fn compiler(sysroot: &Path, host: &str, targets: &[&str]) -> Compiler {
        for target in targets {
            let folder = sysroot.join("lib/rustlib").join(target).join("lib");
            fs::create_dir_all(folder).unwrap();
        }
        Compiler::pretended(sysroot, host, "1.95.0", "2026-04-14")
    }

    fn default_of(host: &str, targets: &[&str]) -> Option<&'static str> {
        let sysroot = tempfile::tempdir().unwrap();
        let platform = Platform::of_host(&compiler(sysroot.path(), host, targets));
        platform.ok().map(|platform| platform.triple)
    }

    /// What is wrong with `triple` on an x86-64 Linux with the standard libraries of `targets`.
    fn refusal(triple: &str, targets: &[&str]) -> String {
        let sysroot = tempfile::tempdir().unwrap();
        let compiler = compiler(sysroot.path(), "x86_64-unknown-linux-gnu", targets);
        let linker = sysroot
            .path()
            .join("lib/rustlib/x86_64-unknown-linux-gnu/bin");
        fs::create_dir_all(&linker).unwrap();
        fs::write(linker.join("rust-lld"), "").unwrap();
        let mut known = Platform::ALL.into_iter();
        let platform = known.find(|platform| platform.triple == triple).unwrap();
        match platform.check(&compiler) {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn linux_gets_musl_if_the_toolchain_has_it() {
        let gnu = "x86_64-unknown-linux-gnu";
        let musl = "x86_64-unknown-linux-musl";
        assert_eq!(default_of(gnu, &[gnu, musl]), Some(musl));
        assert_eq!(default_of(gnu, &[gnu]), Some(gnu));
        let apple = "aarch64-apple-darwin";
        assert_eq!(default_of(apple, &[apple]), Some(apple));
        assert_eq!(default_of("riscv64gc-unknown-linux-gnu", &[]), None);
    }

    #[test]
    fn refusals_name_the_command_to_type() {
        let musl = "aarch64-unknown-linux-musl";
        assert_eq!(refusal(musl, &[musl]), "");
        let text = refusal(musl, &[]);
        assert!(text.ends_with("\n  rustup target add aarch64-unknown-linux-musl"));
        let text = refusal("aarch64-unknown-linux-gnu", &[]);
        assert!(text.ends_with("dist --target aarch64-unknown-linux-musl"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn macos_is_needed_for_its_own_archives() {
        let text = refusal("x86_64-apple-darwin", &["x86_64-apple-darwin"]);
        assert!(text.contains("built on macOS only"), "{text}");
    }
}

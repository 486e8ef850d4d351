// SPDX-License-Identifier: BSD-2-Clause

//! The platforms that the builder is released for.

use std::env;

use anyhow::{Context, Result, ensure};

use crate::setup::Compiler;

/// The target triples of all platforms.
pub(super) const TRIPLES: [&str; 6] = [
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-musl",
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
];

/// A platform that runs the builder, by one of [`TRIPLES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Platform<'a>(pub(super) &'a str);

/// How the builder is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Linking {
    /// Statically, with the musl of Rust's standard library; runs on any Linux.
    Musl,
    /// Statically, with the GNU C library of this machine.
    Gnu,
    /// With libraries that every macOS has.
    Apple,
}

impl Platform<'_> {
    /// The platform of this machine: on Linux with musl, if the toolchain supports it.
    pub(super) fn of_host(compiler: &Compiler) -> Result<Self> {
        let host = compiler.host();
        let find = |triple: &str| TRIPLES.into_iter().find(|known| *known == triple);
        let known = find(host).with_context(|| {
            format!("no archives are made for {host}: choose a platform with --target")
        })?;
        match find(&host.replace("-gnu", "-musl")) {
            Some(musl) if compiler.has_library(musl) => Ok(Self(musl)),
            Some(musl) if musl != host => {
                eprintln!(
                    "the toolchain lacks {musl}: building for {host}, for use on this machine only. For an archive \
                     to pass on, type\n  rustup target add {musl}"
                );
                Ok(Self(known))
            }
            _ => Ok(Self(known)),
        }
    }

    pub(super) fn linking(self) -> Linking {
        match self.0.rsplit('-').next() {
            Some("musl") => Linking::Musl,
            Some("gnu") => Linking::Gnu,
            _ => Linking::Apple,
        }
    }

    /// Fails if this machine can't build for the platform.
    pub(super) fn check(self, compiler: &Compiler) -> Result<()> {
        let Self(triple) = self;
        match self.linking() {
            Linking::Musl => ensure!(
                compiler.has_linker(),
                "the toolchain has no rust-lld, which links for {triple}: use a toolchain of rustup, \
                 https://rustup.rs"
            ),
            Linking::Gnu => ensure!(
                compiler.host() == triple,
                "an archive for {triple} can only be built on such a machine, with its C library; here, type\n  \
                 cargo xtask dist --target {}",
                triple.replace("-gnu", "-musl")
            ),
            Linking::Apple => ensure!(
                env::consts::OS == "macos",
                "an archive for {triple} can only be built on macOS; there, type\n  \
                 cargo xtask dist --target {triple}"
            ),
        }
        ensure!(
            compiler.has_library(triple),
            "the toolchain has no standard library for {triple}; type\n  rustup target add {triple}"
        );
        Ok(())
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

    fn default_of(host: &str, targets: &[&str]) -> Option<String> {
        let sysroot = tempfile::tempdir().unwrap();
        let compiler = compiler(sysroot.path(), host, targets);
        let platform = Platform::of_host(&compiler).ok()?;
        Some(platform.0.to_owned())
    }

    /// The error for `triple` on an x86-64 Linux with the standard libraries of `targets`.
    fn refusal(triple: &str, targets: &[&str]) -> String {
        let sysroot = tempfile::tempdir().unwrap();
        let compiler = compiler(sysroot.path(), "x86_64-unknown-linux-gnu", targets);
        let linker = sysroot
            .path()
            .join("lib/rustlib/x86_64-unknown-linux-gnu/bin");
        fs::create_dir_all(&linker).unwrap();
        fs::write(linker.join("rust-lld"), "").unwrap();
        match Platform(triple).check(&compiler) {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn linux_gets_musl_if_the_toolchain_has_it() {
        let gnu = "x86_64-unknown-linux-gnu";
        let musl = "x86_64-unknown-linux-musl";
        assert_eq!(default_of(gnu, &[gnu, musl]).as_deref(), Some(musl));
        assert_eq!(default_of(gnu, &[gnu]).as_deref(), Some(gnu));
        let apple = "aarch64-apple-darwin";
        assert_eq!(default_of(apple, &[apple]).as_deref(), Some(apple));
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
        assert!(text.contains("only be built on macOS"), "{text}");
    }
}

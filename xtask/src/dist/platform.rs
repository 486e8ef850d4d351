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
            Some(musl) if compiler.has_library(musl) => return Ok(Self(musl)),
            Some(musl) if musl != host => eprintln!(
                "the toolchain lacks {musl}: building for {host}, for use on this machine only. For an archive to \
                 pass on, type\n  rustup target add {musl}"
            ),
            _ => {}
        }
        Ok(Self(known))
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

// SPDX-License-Identifier: BSD-2-Clause

//! Builds the image builder for a platform.

use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use kaal_harness::process;
use kaal_harness::workspace::Workspace;

use crate::build::cargo;
use crate::rust_home;
use crate::setup::Compiler;

use super::linked;
use super::platform::{Linking, Platform};

/// Separates the flags in `CARGO_ENCODED_RUSTFLAGS`, so that they may contain spaces.
const SEPARATOR: &str = "\x1f";

/// Builds the builder for `platform` and returns the program.
pub(super) fn build(
    workspace: &Workspace,
    platform: Platform,
    compiler: &Compiler,
) -> Result<Vec<u8>> {
    let Platform(triple) = platform;
    let mut command = cargo(workspace);
    command.args("build --release --locked".split(' '));
    command.args(["--target", triple, "--package", Workspace::BUILDER]);
    let flags = flags(workspace, platform, compiler)?;
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR));
    process::run(&mut command).with_context(|| format!("failed to build for {triple}"))?;

    let folder = workspace.target().join(triple).join("release");
    let program = folder.join(Workspace::BUILDER);
    let content = fs::read(&program)?;
    if platform.linking() != Linking::Apple {
        linked::check_static(&content)
            .with_context(|| format!("{} does not run on every Linux", program.display()))?;
    }
    Ok(content)
}

/// The compiler's flags. They keep the folders of this machine out of the program.
fn flags(workspace: &Workspace, platform: Platform, compiler: &Compiler) -> Result<Vec<String>> {
    let linking: &[&str] = match platform.linking() {
        Linking::Musl => &[
            "-Ctarget-feature=+crt-static",
            "-Clinker=rust-lld",
            "-Clink-self-contained=yes",
        ],
        Linking::Gnu => &["-Ctarget-feature=+crt-static"],
        Linking::Apple => &[],
    };
    let commit = compiler.version.commit_hash.as_deref();
    let library = format!("/rustc/{}", commit.unwrap_or_default());
    let renamed = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let folders = [
        renamed(&compiler.source(), &library),
        renamed(&rust_home::cargo()?, "/cargo"),
        renamed(workspace.root(), "/kaal"),
    ];
    let linking = linking.iter().map(|flag| (*flag).to_owned());
    Ok(linking.chain(folders).collect())
}

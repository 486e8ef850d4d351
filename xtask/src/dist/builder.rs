// SPDX-License-Identifier: BSD-2-Clause

//! Builds the image builder for another machine than this one.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use kaal_harness::process;
use kaal_harness::workspace::Workspace;

use crate::build::cargo;
use crate::setup::Compiler;

use super::linked;
use super::platform::{Linking, Platform};

/// Separates flags in the variable that Cargo takes them from, so that they may hold spaces.
const SEPARATOR: &str = "\x1f";

/// Builds the builder for `platform` and returns the program.
pub(super) fn build(
    workspace: &Workspace,
    platform: Platform,
    compiler: &Compiler,
) -> Result<Vec<u8>> {
    let triple = platform.triple;
    let flags = flags(workspace, platform, compiler).join(OsStr::new(SEPARATOR));
    let mut command = cargo(workspace);
    command
        .args(["build", "--release", "--locked", "--target", triple])
        .args(["--package", Workspace::BUILDER])
        .env("CARGO_ENCODED_RUSTFLAGS", flags);
    process::run(&mut command).with_context(|| format!("failed to build for {triple}"))?;

    let program = workspace
        .target()
        .join(triple)
        .join("release")
        .join(Workspace::BUILDER);
    let content =
        fs::read(&program).with_context(|| format!("failed to read {}", program.display()))?;
    if platform.linking != Linking::Apple {
        linked::check_static(&content)
            .with_context(|| format!("{} does not run on any Linux", program.display()))?;
    }
    Ok(content)
}

/// The compiler's flags. The program names no folder of this machine.
fn flags(workspace: &Workspace, platform: Platform, compiler: &Compiler) -> Vec<OsString> {
    let linking: &[&str] = match platform.linking {
        Linking::Musl => &[
            "-Ctarget-feature=+crt-static",
            "-Clinker=rust-lld",
            "-Clink-self-contained=yes",
        ],
        Linking::Gnu => &["-Ctarget-feature=+crt-static"],
        Linking::Apple => &[],
    };
    let mut flags: Vec<OsString> = linking.iter().map(OsString::from).collect();
    let library = format!("/rustc/{}", compiler.commit_hash());
    flags.push(renamed(
        &compiler.sysroot.join("lib/rustlib/src/rust"),
        &library,
    ));
    flags.extend(cargo_home().map(|folder| renamed(&folder, "/cargo")));
    flags.push(renamed(workspace.root(), "/kaal"));
    flags
}

/// Lets the program name the folder `from` as `to`.
fn renamed(from: &Path, to: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}

/// The folder that Cargo keeps the sources of crates in.
fn cargo_home() -> Option<PathBuf> {
    let chosen = env::var_os("CARGO_HOME").map(PathBuf::from);
    chosen.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

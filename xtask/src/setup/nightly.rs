// SPDX-License-Identifier: BSD-2-Clause

//! Provides the nightly compiler that the programs for the target are built with.
//!
//! Tests and `cargo xtask` itself are built with the compiler that Cargo was started with, which may be stable.

use std::env;
use std::ffi::OsStr;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result};
use kaal_harness::{process, toolchain};

use super::compiler::Compiler;

/// What rustup calls the newest nightly compiler.
const NEWEST: &str = "nightly";

/// The nightly compiler.
#[derive(Debug)]
pub(crate) struct Nightly {
    pub(crate) compiler: Compiler,
    /// What rustup calls it; `None` where Cargo was started with it.
    name: Option<&'static str>,
}

static FOUND: OnceLock<Nightly> = OnceLock::new();

impl Nightly {
    /// Finds the compiler, or lets rustup install it.
    pub(crate) fn provide() -> Result<&'static Self> {
        if let Some(nightly) = FOUND.get() {
            return Ok(nightly);
        }
        let nightly = Self::find_or_install()?;
        let compiler = &nightly.compiler;
        compiler.check_age()?;
        if !compiler.is_pinned() {
            let pinned = toolchain::PINNED;
            eprintln!("Rust: building with {compiler}, but KaaL is tested with {pinned}");
        }
        Ok(FOUND.get_or_init(|| nightly))
    }

    fn find_or_install() -> Result<Self> {
        let current = Compiler::current()?;
        if current.is_nightly() {
            return Ok(Self {
                compiler: current,
                name: None,
            });
        }
        let pinned = || installed(toolchain::PINNED);
        let newest = || installed(NEWEST);
        if let Some(found) =
            pinned().or_else(|| newest().filter(|found| found.compiler.is_pinned()))
        {
            return Ok(found);
        }
        install(toolchain::PINNED)
            .or_else(|error| {
                eprintln!("Rust: failed to install {}: {error:#}", toolchain::PINNED);
                newest().map_or_else(|| install(NEWEST), Ok)
            })
            .with_context(|| {
                format!(
                    "a nightly compiler expected, {current} found; install one and run the command again:\n  \
                     rustup toolchain install {}",
                    toolchain::PINNED
                )
            })
    }

    /// Cargo, which compiles with this compiler.
    pub(crate) fn cargo(&self) -> Command {
        match self.name {
            Some(_) => self.command("cargo"),
            None => Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
        }
    }

    /// A program that takes Cargo and its compiler from `PATH`.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some(name) = self.name {
            command.env("RUSTUP_TOOLCHAIN", name).env_remove("CARGO");
        }
        command
    }
}

/// rustup's toolchain `name`, if it is installed.
fn installed(name: &'static str) -> Option<Nightly> {
    let rustc = || {
        let mut rustup = Command::new("rustup");
        rustup.args(["run", name, "rustc"]);
        rustup
    };
    Some(Nightly {
        compiler: Compiler::query(rustc).ok()?,
        name: Some(name),
    })
}

fn install(name: &'static str) -> Result<Nightly> {
    eprintln!("Rust: installing {name} with rustup, beside the toolchains that are there");
    let mut rustup = Command::new("rustup");
    rustup
        .args(["toolchain", "install", name, "--profile", "minimal"])
        .args(["--component", "clippy", "--component", "rustfmt"]);
    process::read(&mut rustup)?;
    installed(name).with_context(|| format!("rustup installed {name}, but can't run it"))
}

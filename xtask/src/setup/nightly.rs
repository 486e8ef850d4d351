// SPDX-License-Identifier: BSD-2-Clause

//! Provides the nightly compiler for the programs on the target.
//!
//! Tests and `cargo xtask` itself use the compiler that Cargo was started with, which may be stable.

use std::env;
use std::ffi::OsStr;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result};
use kaal_harness::{process, toolchain};

use super::compiler::Compiler;

/// rustup's name for the newest nightly compiler.
const NEWEST: &str = "nightly";

/// The nightly compiler.
#[derive(Debug)]
pub(crate) struct Nightly {
    pub(crate) compiler: Compiler,
    /// rustup's name for it; `None` if Cargo was started with it.
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
            eprintln!("Rust: building with {compiler}; KaaL is tested with {pinned}");
        }
        Ok(FOUND.get_or_init(|| nightly))
    }

    fn find_or_install() -> Result<Self> {
        let current = Compiler::current()?;
        if current.is_nightly() {
            let (compiler, name) = (current, None);
            return Ok(Self { compiler, name });
        }
        let pinned = toolchain::PINNED;
        let is_pinned = |found: &Self| found.compiler.is_pinned();
        if let Some(found) = installed(pinned).or_else(|| installed(NEWEST).filter(is_pinned)) {
            return Ok(found);
        }
        install(pinned)
            .or_else(|error| {
                eprintln!("Rust: failed to install {pinned}: {error:#}");
                installed(NEWEST).map_or_else(|| install(NEWEST), Ok)
            })
            .with_context(|| {
                format!(
                    "a nightly compiler expected, {current} found; install one and run the command again:\n  \
                     rustup toolchain install {pinned}"
                )
            })
    }

    /// Cargo with this compiler.
    pub(crate) fn cargo(&self) -> Command {
        match self.name {
            Some(_) => self.command("cargo"),
            None => Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
        }
    }

    /// Runs rustup for this toolchain.
    pub(super) fn rustup(&self, arguments: &str) -> Result<()> {
        process::read(self.command("rustup").args(arguments.split(' '))).map(drop)
    }

    /// A program that finds Cargo and the compiler on `PATH`.
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
    let compiler = Compiler::query(rustc).ok()?;
    let name = Some(name);
    Some(Nightly { compiler, name })
}

fn install(name: &'static str) -> Result<Nightly> {
    eprintln!("Rust: installing {name} with rustup; the other toolchains stay as they are");
    let options = "--profile minimal --component clippy --component rustfmt";
    let mut rustup = Command::new("rustup");
    rustup.args(["toolchain", "install", name]);
    process::read(rustup.args(options.split(' ')))?;
    installed(name).with_context(|| format!("rustup installed {name}, but can't run it"))
}

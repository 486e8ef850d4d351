// SPDX-License-Identifier: BSD-2-Clause

//! The linkers, and how to run them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use kaal_harness::process;
use kaal_harness::tools::{BINUTILS, CLANG, GOLD, Tool, search_path};

/// A linker for AArch64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Linker {
    /// LLVM's lld that comes with Rust.
    Rust,
    /// LLVM's lld, started by clang.
    Clang,
    /// GNU ld.
    Gnu,
    /// GNU gold.
    Gold,
}

impl Linker {
    pub(super) const ALL: [Self; 4] = [Self::Rust, Self::Clang, Self::Gnu, Self::Gold];

    /// Its name in those of tests.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Clang => "clang",
            Self::Gnu => "gnu",
            Self::Gold => "gold",
        }
    }

    /// The linker or the assembler, whichever a machine may lack.
    pub(super) fn tool(self) -> &'static Tool {
        match self {
            Self::Clang => &CLANG,
            Self::Rust | Self::Gnu => &BINUTILS,
            Self::Gold => &GOLD,
        }
    }

    /// Assembles `task.s` in `folder` to `task.o`.
    pub(super) fn assemble(self, folder: &Path) -> Result<()> {
        let mut command = match self {
            Self::Clang => clang(&["-c"]),
            _ => Command::new("aarch64-linux-gnu-as"),
        };
        run(folder, command.args(["-g", "task.s", "-o", "task.o"]))
    }

    /// Links `task.o` in `folder` to `output`.
    pub(super) fn link(self, folder: &Path, output: &str, flags: &str) -> Result<()> {
        let mut command = match self {
            Self::Rust => Command::new(lld()?),
            Self::Clang => clang(&["-fuse-ld=lld", "-nostdlib"]),
            Self::Gnu => Command::new("aarch64-linux-gnu-ld.bfd"),
            Self::Gold => Command::new("aarch64-linux-gnu-ld.gold"),
        };
        command.args(["task.o", "-o", output]);
        for flag in flags.split_whitespace() {
            if self == Self::Clang {
                command.arg("-Xlinker");
            }
            command.arg(flag);
        }
        run(folder, &mut command)
    }
}

/// Runs objcopy of GNU binutils in `folder`.
pub(super) fn objcopy(folder: &Path, arguments: &str) -> Result<()> {
    let mut command = Command::new("aarch64-linux-gnu-objcopy");
    run(folder, command.args(arguments.split_whitespace()))
}

fn run(folder: &Path, command: &mut Command) -> Result<()> {
    command.current_dir(folder).env("PATH", search_path());
    process::read(command).map(drop)
}

/// clang for AArch64 without an operating system.
fn clang(arguments: &[&str]) -> Command {
    let mut command = Command::new("clang");
    command.arg("--target=aarch64-none-elf").args(arguments);
    command
}

/// The linker in the compiler's folder.
fn lld() -> Result<PathBuf> {
    let libraries = process::read(Command::new("rustc").args(["--print", "target-libdir"]))?;
    let programs = Path::new(libraries.trim()).with_file_name("bin");
    Ok(programs.join("gcc-ld/ld.lld"))
}

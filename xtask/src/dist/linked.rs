// SPDX-License-Identifier: BSD-2-Clause

//! Reads the libraries and the compiler of a program from its ELF file.

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;

/// The section in which compilers and linkers leave their names.
const COMMENT: &str = ".comment";

/// The prefix of the compiler's name.
const COMPILER: &str = "rustc version ";

/// Fails if `program` needs a dynamic linker or a library.
pub(super) fn check_static(program: &[u8]) -> Result<()> {
    let elf = parse(program)?;
    let needed: Vec<_> = elf.interpreter.into_iter().chain(elf.libraries).collect();
    ensure!(
        needed.is_empty(),
        "a static program expected, found one that needs {}",
        needed.join(", ")
    );
    Ok(())
}

/// The name that the compiler left in `program`.
pub(super) fn compiler(program: &[u8]) -> Result<String> {
    let elf = parse(program)?;
    let named = |index| elf.shdr_strtab.get_at(index) == Some(COMMENT);
    let mut sections = elf.section_headers.iter();
    let content = sections
        .find(|section| named(section.sh_name))
        .and_then(|section| program.get(section.file_range()?))
        .context("the program has no section .comment, which names the compiler")?;
    let mut lines = content.split(|byte| *byte == 0);
    let name = lines
        .find(|line| line.starts_with(COMPILER.as_bytes()))
        .context("the section .comment names no rustc")?;
    Ok(String::from_utf8_lossy(name).into_owned())
}

fn parse(program: &[u8]) -> Result<Elf<'_>> {
    Elf::parse(program).context("failed to read an ELF file")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::env;
    use std::fs;

    use super::{check_static, compiler};

    #[test]
    fn a_dynamic_program_is_refused() -> anyhow::Result<()> {
        let this = fs::read(env::current_exe()?)?;
        let error = check_static(&this).unwrap_err().to_string();
        assert!(error.contains("libc.so"), "{error}");
        Ok(())
    }

    #[test]
    fn a_program_names_its_compiler() -> anyhow::Result<()> {
        let this = fs::read(env::current_exe()?)?;
        assert!(compiler(&this)?.starts_with("rustc version 1."));
        Ok(())
    }

    #[test]
    fn other_files_are_refused() {
        assert!(check_static(b"#!/bin/sh").is_err());
        assert!(compiler(b"#!/bin/sh").is_err());
    }
}

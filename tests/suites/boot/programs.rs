// SPDX-License-Identifier: BSD-2-Clause

//! Checks the built programs without booting them.

use std::fs;

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use kaal_harness::elf;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::image::{Image, find};
use crate::trial;

/// Upper limits of the sizes of programs.
const FIRMWARE: [(&str, Program, u64); 3] = [
    ("loader", Program::Loader, 32 * 1024),
    ("unpacker", Program::Unpacker, 18 * 1024),
    // Half of it is padding of constants and code to whole pages.
    ("efi_stub", Program::EfiStub, 8 * 1024),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = vec![trial(
        workspace,
        "programs::image_holds_no_path",
        |workspace| {
            let root = workspace
                .root()
                .to_str()
                .context("the checkout's path is not UTF-8")?;
            let scratch = std::env::temp_dir().display().to_string();
            for format in ["elf", "raw", "efi"] {
                let mut image = Image::ordinary(workspace)?;
                image.flags = vec!["--format", format];
                image.pack(workspace)?;
                let bytes = fs::read(image.path())?;
                for path in [root, &scratch, "/rustc/", "/registry/", ".rs\0"] {
                    let found = find(&bytes, path.as_bytes());
                    ensure!(found.is_none(), "no {path:?} expected, found at {found:x?}");
                }
            }
            Ok(())
        },
    )];
    trials.push(trial(
        workspace,
        "programs::efi_stub_has_a_page_of_code_and_constants",
        |workspace| {
            let program = fs::read(workspace.program(Program::EfiStub))?;
            let elf = Elf::parse(&program)?;
            let loaded = elf
                .section_headers
                .iter()
                .filter(|section| section.is_alloc());
            let size: u64 = loaded.map(|section| section.sh_size).sum();
            ensure!(size <= 4096, "at most 4096 bytes expected, found {size}");
            Ok(())
        },
    ));
    for (name, program, limit) in FIRMWARE {
        let cannot_panic = format!("programs::{name}_cannot_panic");
        trials.push(trial(workspace, cannot_panic, move |workspace| {
            no_way_to_panic(workspace, program)
        }));
        let is_small = format!("programs::{name}_is_small");
        trials.push(trial(workspace, is_small, move |workspace| {
            let size = elf::loadable_bytes(&fs::read(workspace.program(program))?)?;
            ensure!(
                size <= limit,
                "at most {limit} bytes expected, found {size}"
            );
            Ok(())
        }));
    }
    trials
}

fn no_way_to_panic(workspace: &Workspace, program: Program) -> Result<()> {
    let program = fs::read(workspace.program(program))?;
    let elf = Elf::parse(&program)?;
    ensure!(
        !elf.syms.is_empty(),
        "the program's symbols are needed to look at it"
    );
    let panics = elf
        .syms
        .iter()
        .filter_map(|symbol| elf.strtab.get_at(symbol.st_name))
        .find(|name| name.contains("panicking"));
    ensure!(
        panics.is_none(),
        "no way to panic expected, found {panics:?}"
    );
    Ok(())
}

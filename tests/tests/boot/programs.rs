// SPDX-License-Identifier: BSD-2-Clause

//! What can be seen of the built programs without booting them.

use std::fs;

use anyhow::{Context, ensure};
use goblin::elf::Elf;
use kaal_tests::elf;
use kaal_tests::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::image::{Image, find};
use crate::trial;

/// What the loader may take of an image.
const LOADER_BYTES: u64 = 24 * 1024;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        trial(workspace, "programs::loader_cannot_panic", |workspace| {
            let loader = fs::read(workspace.program(Program::Loader))?;
            let elf = Elf::parse(&loader)?;
            ensure!(
                !elf.syms.is_empty(),
                "the loader's symbols are needed to look at it"
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
        }),
        trial(workspace, "programs::loader_is_small", |workspace| {
            let loader = fs::read(workspace.program(Program::Loader))?;
            let size = elf::loadable_bytes(&loader)?;
            ensure!(
                size <= LOADER_BYTES,
                "at most {LOADER_BYTES} bytes expected, found {size}"
            );
            Ok(())
        }),
        trial(workspace, "programs::image_holds_no_path", |workspace| {
            let image = Image::ordinary(workspace)?;
            image.pack(workspace)?;
            let bytes = fs::read(image.file("bootimage.elf"))?;
            let root = workspace
                .root()
                .to_str()
                .context("the checkout's path is not UTF-8")?;
            let scratch = std::env::temp_dir().display().to_string();
            for path in [root, &scratch, "/rustc/", "/registry/", ".rs\0"] {
                let found = find(&bytes, path.as_bytes());
                ensure!(found.is_none(), "no {path:?} expected, found at {found:x?}");
            }
            Ok(())
        }),
    ]
}

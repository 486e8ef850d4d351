// SPDX-License-Identifier: BSD-2-Clause

//! Root tasks as linkers make them: each boots, or the builder's error says how to mend it.

mod linker;
mod rows;

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use kaal_harness::probe::PASS;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::image::Image;
use crate::trial;
use linker::{Linker, objcopy};
use rows::{Change, Outcome, ROWS, Row};

/// The source of the root task.
const SOURCE: &str = include_str!("task.s");

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let rows = ROWS.iter();
    rows.flat_map(|row| row.linkers.iter().map(move |&linker| (row, linker)))
        .map(|(row, linker)| {
            let name = format!("toolchains::{}::{}", row.name, linker.name());
            let (name, is_missing) = linker.tool().needed_by(&name);
            trial(workspace, name, move |workspace| {
                check(workspace, row, linker)
            })
            .with_ignored_flag(is_missing)
        })
        .collect()
}

fn check(workspace: &Workspace, row: &Row, linker: Linker) -> Result<()> {
    let task = make(row, linker)?;
    match row.outcome {
        Outcome::Boots => boot(workspace, Program::Probe, &task, false),
        Outcome::BootsWithGaps => {
            boot(workspace, Program::Probe, &task, true)?;
            boot(workspace, Program::ProbeHyp, &task, true)
        }
        Outcome::Refused(problem, help) => refuse(workspace, &task, problem, help),
    }
}

/// Links the root task of `row`.
fn make(row: &Row, linker: Linker) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    fs::write(folder.join("task.s"), SOURCE)?;
    linker.assemble(folder)?;
    linker.link(folder, "library.so", "-shared")?;
    linker.link(folder, "task.elf", row.flags)?;
    if let Change::Objcopy(options) = row.change {
        objcopy(folder, &format!("{options} task.elf"))?;
    }
    let mut task = fs::read(folder.join("task.elf"))?;
    if let Change::Edit(edit) = row.change {
        edit(&mut task)?;
    }
    Ok(task)
}

fn boot(workspace: &Workspace, probe: Program, task: &[u8], has_gaps: bool) -> Result<()> {
    let machine = match probe {
        Program::ProbeHyp => Machine::hypervisor(),
        _ => Machine::ordinary(),
    };
    let image = Image::with_task(workspace, probe, task, machine)?;
    let warnings = image.pack(workspace)?;
    ensure!(
        warnings.contains("wide gaps") == has_gaps && warnings.is_empty() != has_gaps,
        "warning of gaps: {has_gaps} expected, found:\n{warnings}"
    );
    image.boot(PASS).map(drop)
}

fn refuse(workspace: &Workspace, task: &[u8], problem: &str, help: &str) -> Result<()> {
    let image = Image::ordinary(workspace)?;
    fs::write(&image.inputs.app, task)?;
    let Err(error) = image.pack(workspace) else {
        bail!("an error expected, but the builder made an image");
    };
    let message = format!("{error:#}");
    let (error, remedy) = message.split_once("help: ").context("no help")?;
    let is_of_app = error.starts_with("error: --app ");
    ensure!(
        is_of_app && error.contains(problem) && remedy.contains(help),
        "{problem:?} and {help:?} expected, found:\n{message}"
    );
    Ok(())
}

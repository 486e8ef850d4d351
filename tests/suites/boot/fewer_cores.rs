// SPDX-License-Identifier: BSD-2-Clause

//! Images with fewer cores than a real kernel waits for. It would wait without a message.

use anyhow::{Context, Result, bail, ensure};
use kaal_harness::probe::PASS;
use kaal_harness::sel4::{Kernel, PREFIX};
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::command::{folder, said, xtask};
use crate::image::Image;
use crate::says;
use crate::sel4::kernel_trial;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        kernel_trial(workspace, "fewer_cores::refused", refused),
        kernel_trial(workspace, "fewer_cores::warned_of", warned_of),
    ]
}

/// Only for a kernel for several cores, the builder needs their number.
fn refused(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let mut inputs = kernel.inputs(workspace, &workspace.program(Program::ProbeTask));
    inputs.kernel_config = None;
    let packed = inputs.pack(workspace, &scratch.path().join("bootimage.elf"));
    match (kernel.cores(), packed) {
        (1, packed) => packed.map(drop),
        (_, Err(error)) => says(&format!("{error:#}"), "waits for several cores"),
        (cores, Ok(_)) => bail!("accepted without the number of its {cores} cores"),
    }
}

/// An image that was packed before may hold another kernel.
fn warned_of(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let image = Image::ordinary(workspace)?;
    image.pack(workspace)?;
    let folder = folder(workspace)?;
    let file = image.path();
    let file = file.to_str().context("a path in UTF-8")?;
    let arguments = ["qemu", "--image", file, "--expect", PASS];
    let mut command = xtask(workspace, folder.path(), &arguments);
    let said = said(command.env(PREFIX, kernel.prefix()), 0)?;
    let warning = format!("warning: QEMU has 1 of the {} cores", kernel.cores());
    ensure!(
        said.contains(&warning) == (kernel.cores() > 1),
        "{} cores, but: {said}",
        kernel.cores()
    );
    Ok(())
}

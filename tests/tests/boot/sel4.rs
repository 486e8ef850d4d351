// SPDX-License-Identifier: BSD-2-Clause

//! A real seL4 kernel, where `SEL4_PREFIX` names one; skipped elsewhere.

use anyhow::{Result, bail};
use kaal_tests::qemu::{self, End, Watch};
use kaal_tests::sel4::{Kernel, PREFIX};
use kaal_tests::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::trial;

/// What seL4 prints when it has accepted all that it was handed over.
const BOOTED: &str = "Booting all finished, dropped to user space";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let is_missing = std::env::var_os(PREFIX).is_none();
    let tests: [(&str, &[&str]); 2] = [
        ("sel4::boots_to_user_space", &[]),
        (
            "sel4::boots_to_user_space_when_verified",
            &["--verify", "crc32c"],
        ),
    ];
    tests
        .into_iter()
        .map(|(name, flags)| {
            trial(workspace, name, |workspace| boot(workspace, flags)).with_ignored_flag(is_missing)
        })
        .collect()
}

/// Boots the kernel with the probe's task, which is a user image as good as any until it makes
/// its first system call.
fn boot(workspace: &Workspace, flags: &[&str]) -> Result<()> {
    let Some(kernel) = Kernel::from_environment()? else {
        bail!("{PREFIX} is not set");
    };
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage.elf");
    let inputs = kernel.inputs(workspace, &workspace.program(Program::ProbeTask));
    kaal_tests::process::run(inputs.command(workspace, &image).args(flags))?;
    let mut command = kernel.machine().command();
    command.arg("-kernel").arg(&image);
    let watch = Watch {
        expect: Some(BOOTED.to_owned()),
        limit: Some(std::time::Duration::from_secs(60)),
        ..Watch::default()
    };
    let report = qemu::run(command, &watch)?;
    match report.end {
        End::Expected => Ok(()),
        end => bail!("{BOOTED:?} expected, but {end:?}:\n{}", report.console),
    }
}

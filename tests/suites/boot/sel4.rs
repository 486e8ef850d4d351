// SPDX-License-Identifier: BSD-2-Clause

//! A real seL4 kernel, if `SEL4_PREFIX` names one.

use anyhow::{Context, Result, bail};
use kaal_harness::qemu::{self, End, Version, Watch};
use kaal_harness::sel4::{Kernel, PREFIX};
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::trial;

/// seL4 prints this when it has accepted everything from the loader.
pub(crate) const BOOTED: &str = "Booting all finished, dropped to user space";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
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
            printing_trial(workspace, name, |workspace, kernel| {
                boot(workspace, kernel, flags)
            })
        })
        .collect()
}

/// A test that gets the real kernel. If it can't run, it is ignored, and its name says why.
pub(crate) fn kernel_trial(
    workspace: &Workspace,
    name: &str,
    test: impl FnOnce(&Workspace, &Kernel) -> Result<()> + Send + 'static,
) -> Trial {
    trial_unless(obstacle(), workspace, name, test)
}

/// Like [`kernel_trial`], for tests that wait for a text of the kernel.
pub(crate) fn printing_trial(
    workspace: &Workspace,
    name: &str,
    test: impl FnOnce(&Workspace, &Kernel) -> Result<()> + Send + 'static,
) -> Trial {
    let kernel = Kernel::from_environment().ok().flatten();
    let silent = kernel.is_some_and(|kernel| !kernel.prints());
    let silent = silent.then(|| "the kernel prints nothing".to_owned());
    trial_unless(silent.or_else(obstacle), workspace, name, test)
}

fn trial_unless(
    obstacle: Option<String>,
    workspace: &Workspace,
    name: &str,
    test: impl FnOnce(&Workspace, &Kernel) -> Result<()> + Send + 'static,
) -> Trial {
    let name = match &obstacle {
        Some(reason) => format!("{name} ({reason})"),
        None => name.to_owned(),
    };
    let trial = trial(workspace, name, |workspace| {
        let kernel = Kernel::from_environment()?.with_context(|| format!("{PREFIX} is not set"))?;
        test(workspace, &kernel)
    });
    trial.with_ignored_flag(obstacle.is_some())
}

/// The reason why there is no kernel, or no machine for it. If the kernel can't be read, the test
/// fails.
fn obstacle() -> Option<String> {
    match Kernel::from_environment() {
        Ok(None) => Some(format!("{PREFIX} is not set")),
        Ok(Some(kernel)) => {
            let version = Version::query().ok()?;
            let check = kernel.board().and_then(|board| board.check(version));
            check.err().map(|error| format!("{error:#}"))
        }
        Err(_) => None,
    }
}

/// Whether the environment names a kernel for a board.
pub(crate) fn is_for_board() -> bool {
    let kernel = Kernel::from_environment().ok().flatten();
    kernel.is_some_and(|kernel| !kernel.board().is_ok_and(|board| board.is_virt()))
}

/// Boots the kernel with the probe's task, which is a valid user image until it makes its first
/// system call.
fn boot(workspace: &Workspace, kernel: &Kernel, flags: &[&str]) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage.elf");
    let inputs = kernel.inputs(workspace, &workspace.program(Program::ProbeTask));
    kaal_harness::process::run(inputs.command(workspace, &image).args(flags))?;
    let command = inputs.boot(&kernel.machine()?, &image);
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

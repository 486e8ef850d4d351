// SPDX-License-Identifier: BSD-2-Clause

//! The page of a system that runs on a real kernel, if `SEL4_PREFIX` names one for QEMU's virt machine.

use std::time::Duration;

use anyhow::{Context, Result};
use kaal_harness::qemu::{Devices, Live, free_port};
use kaal_harness::sel4::Kernel;
use kaal_harness::tools::CHROMIUM;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::browser::Browser;
use crate::content::{compare_picture, compare_tables};
use crate::looks::check_widths;

/// The time limit of each step.
const LIMIT: Duration = Duration::from_secs(60);

/// The last line that the system prints by itself.
const LAST: &str = "crasher: given up";

pub(crate) fn trial() -> Trial {
    let (name, is_missing) = CHROMIUM.needed_by("page_of_a_real_system");
    let kernel = Kernel::from_environment().ok().flatten();
    let is_virt = |kernel: &Kernel| kernel.board().is_ok_and(|board| board.is_virt());
    match kernel.filter(is_virt) {
        Some(kernel) => {
            let run = move || shows(&kernel).map_err(|error| format!("{error:#}").into());
            Trial::test(name, run).with_ignored_flag(is_missing)
        }
        None => {
            let name = format!("{name} (SEL4_PREFIX names no kernel for the virt machine)");
            Trial::test(name, || Ok(())).with_ignored_flag(true)
        }
    }
}

/// Picture and tables are those of system.json, also after a component has failed again.
fn shows(kernel: &Kernel) -> Result<()> {
    let workspace = Workspace::locate()?;
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage.elf");
    let app = workspace.artifacts().join("root-task-page.elf");
    let inputs = kernel.inputs(&workspace, &app);
    inputs.pack(&workspace, &image)?;
    let devices = Devices {
        http: Some(free_port(0)?),
        disk: None,
        line: None,
    };
    let mut command = inputs.boot(&kernel.machine()?, &image);
    command.args(devices.options());
    let mut console = Live::start(command)?;
    console.wait_for(LAST, LIMIT)?;

    let program = CHROMIUM.find().context("Chromium is missing")?;
    let mut browser = Browser::start(&program)?;
    browser.resize(1280)?;
    browser.open(&devices.page().context("the machine has no network")?)?;
    let state = "document.querySelector('[data-component=crasher]').dataset.state";
    for _ in 0..2 {
        browser.wait_for(&format!("{state} === 'givenUp'"))?;
        compare_picture(&mut browser)?;
        compare_tables(&mut browser)?;
        console.type_line("restart crasher")?;
        // It waits for its last restart.
        browser.wait_for(&format!("{state} === 'stopped'"))?;
    }
    check_widths(&mut browser)?;
    browser.check_complaints()
}

// SPDX-License-Identifier: BSD-2-Clause

//! Boots images on QEMU and reads their consoles.
//!
//! Each test packs an image with the real builder. It ends at the console text that it expects, at
//! the first text of a failure, or at its time limit. `cargo xtask test` builds the programs.

mod block_driver;
mod boot_cost;
mod boot_information;
mod chosen;
mod command;
mod console;
mod damage;
mod debugger;
mod device_tree;
mod disk;
mod errata;
mod faults;
mod fewer_cores;
mod firmware;
mod firmware_chains;
mod firmware_command;
mod firmware_trees;
mod flips;
mod forged;
mod forger;
mod formats;
mod image;
mod integrity;
mod interrupt;
mod kernel_dtb;
mod locked;
mod matrix;
mod measured;
mod microkit;
mod network;
mod new_component;
mod odd_machines;
mod own_root_task;
mod own_system;
mod package;
mod package_damage;
mod package_trees;
mod page;
mod poison;
mod programs;
mod refusal;
mod reload;
mod reports;
mod restarts;
mod root_task;
mod sabotage;
mod scheduling;
mod security_page;
mod segments;
mod sel4;
mod signed;
mod smp;
mod system_devices;
mod timer;
mod toolchains;
mod trusted_firmware;
mod uarts;
mod uefi;
mod watch;
mod watch_system;

use std::process::ExitCode;

use anyhow::Result;
use kaal_harness::process;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    process::exit_code(run_suite())
}

fn run_suite() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let workspace = Workspace::locate()?;
    let mut trials = Vec::new();
    trials.extend(programs::trials(&workspace));
    trials.extend(errata::trials(&workspace));
    trials.extend(matrix::trials(&workspace));
    trials.extend(smp::trials(&workspace));
    trials.extend(damage::trials(&workspace));
    trials.extend(integrity::trials(&workspace));
    trials.extend(flips::trials(&workspace));
    trials.extend(signed::trials(&workspace));
    trials.extend(forged::trials(&workspace));
    trials.extend(forger::trials(&workspace));
    trials.extend(faults::trials(&workspace));
    trials.extend(fewer_cores::trials(&workspace));
    trials.extend(reports::trials(&workspace));
    trials.extend(debugger::trials(&workspace));
    trials.extend(firmware::trials(&workspace));
    trials.extend(poison::trials(&workspace));
    trials.extend(firmware_trees::trials(&workspace));
    trials.extend(kernel_dtb::trials(&workspace));
    trials.extend(microkit::trials(&workspace));
    trials.extend(formats::trials(&workspace));
    trials.extend(package_trees::trials(&workspace));
    trials.extend(package_damage::trials(&workspace));
    trials.extend(odd_machines::trials(&workspace));
    trials.extend(toolchains::trials(&workspace));
    trials.extend(chosen::trials(&workspace));
    trials.extend(console::trials(&workspace));
    trials.extend(uarts::trials(&workspace));
    trials.extend(uefi::trials(&workspace));
    trials.extend(firmware_chains::trials(&workspace));
    trials.extend(locked::trials(&workspace));
    trials.extend(trusted_firmware::trials(&workspace));
    trials.extend(disk::trials(&workspace));
    trials.extend(sabotage::trials(&workspace));
    trials.extend(measured::trials(&workspace));
    trials.extend(sel4::trials(&workspace));
    trials.extend(boot_cost::trials(&workspace));
    trials.extend(boot_information::trials(&workspace));
    trials.extend(root_task::trials(&workspace));
    trials.extend(restarts::trials(&workspace));
    trials.extend(timer::trials(&workspace));
    trials.extend(block_driver::trials(&workspace));
    trials.extend(scheduling::trials(&workspace));
    trials.extend(reload::trials(&workspace));
    trials.extend(page::trials(&workspace));
    trials.extend(network::trials(&workspace));
    trials.extend(new_component::trials(&workspace));
    trials.extend(command::trials(&workspace));
    trials.extend(system_devices::trials(&workspace));
    trials.extend(firmware_command::trials(&workspace));
    trials.push(own_root_task::trial(&workspace));
    trials.extend(own_system::trials(&workspace));
    trials.push(refusal::trial(&workspace));
    trials.extend(watch::trials(&workspace));
    trials.extend(interrupt::trials(&workspace));
    trials.extend(watch_system::trials(&workspace));
    trials.push(security_page::trial(&workspace, &trials));
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

/// The value of QEMU's `-cpu` for `processor` and a kernel. By default, `max` has 52-bit addresses with granules of
/// 4 KiB, and seL4's hypervisor kernels refuse that.
fn cpu_for(kernel: Program, processor: &str) -> String {
    match (kernel, processor) {
        (Program::ProbeHyp, "max") => "max,lpa2=off".to_owned(),
        _ => processor.to_owned(),
    }
}

/// A test that gets the workspace.
fn trial(
    workspace: &Workspace,
    name: impl Into<String>,
    test: impl FnOnce(&Workspace) -> anyhow::Result<()> + Send + 'static,
) -> Trial {
    let workspace = workspace.clone();
    Trial::test(name, move || {
        test(&workspace).map_err(|error| format!("{error:?}").into())
    })
}

/// Fails if `console` doesn't contain `text`.
fn says(console: &str, text: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        console.contains(text),
        "{text:?} expected on the console, found:\n{console}"
    );
    Ok(())
}

// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask new component` makes a component that runs, with the quotas that the build asks for. If the root task
//! panics, it says so, although a component drives the console, and stops all components.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use kaal_harness::checkout;
use kaal_harness::sel4::{Kernel, PREFIX, READY};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::root_task::boot;
use crate::says;
use crate::sel4::{is_for_board, kernel_trial};

const SYSTEM: &str = "root-task/task/system.toml";

/// The component's quotas, as made.
const QUOTAS: [&str; 2] = ["memory = 131_072", "slots = 64"];

/// Seeded faults of the root task, and the reasons that it prints.
const ENDS: [(&str, &str); 2] = [
    ("panic", "/server.rs:"),
    ("heap", ": memory allocation of "),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // `new component` adds to the list for the virt machine.
    match is_for_board() {
        true => Vec::new(),
        false => vec![kernel_trial(
            workspace,
            "root_task::new_component_runs",
            runs,
        )],
    }
}

fn runs(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let copy = checkout::copy(workspace)?;
    let made = xtask(&copy, kernel, &["new", "component", "newcomer"]);
    made?.map_err(anyhow::Error::msg)?;
    let arguments = ["root-task", "--only", "newcomer"];
    let build = || xtask(&copy, kernel, &arguments);
    let app = copy.join("target/kaal/root-task-only.elf");

    build()?.map_err(anyhow::Error::msg)?;
    let console = boot(
        workspace,
        kernel,
        &app,
        "[newcomer] I have 8192 bytes",
        Vec::new(),
    )?;
    ensure!(
        !console.contains("kaal>"),
        "a shell, but --only:\n{console}"
    );

    // Quotas that barely suffice to start.
    for quota in QUOTAS {
        let (key, _) = quota.split_once(" = ").context("a key and a value")?;
        replace(&copy, quota, &format!("{key} = 1"))?;
        let error = build()?.err().context("a quota of 1 suffices")?;
        let number = error
            .split_once(&format!("write {key} = "))
            .and_then(|(_, rest)| rest.split_once(','))
            .with_context(|| format!("no number to write: {error}"))?
            .0;
        ensure!(error.starts_with(&format!("error: {SYSTEM}:")), "{error}");
        replace(
            &copy,
            &format!("{key} = 1\n"),
            &format!("{key} = {number}\n"),
        )?;
    }
    build()?.map_err(anyhow::Error::msg)?;
    let failed = "newcomer: failed at components/newcomer/src/main.rs:";
    let console = boot(workspace, kernel, &app, failed, Vec::new())?;
    says(&console, READY)?;

    // A root task that ends when a component fails, as this one does.
    for (fault, reason) in ENDS {
        let seeded = xtask_with(&copy, kernel, &arguments, Some(fault));
        seeded?.map_err(anyhow::Error::msg)?;
        let stopped = "\nKAAL_SYSTEM_STOPPED";
        let console = boot(workspace, kernel, &app, stopped, Vec::new())?;
        says(&console, "\nroot task: panicked at ")?;
        says(&console, reason)?;
        // The driver of the console, and the one that failed.
        says(&console, "\nroot task: stopped 2 of 2 components")?;
    }
    Ok(())
}

/// Changes the last occurrence of `old` in the list.
fn replace(copy: &Path, old: &str, new: &str) -> Result<()> {
    let text = fs::read_to_string(copy.join(SYSTEM))?;
    let (before, after) = text.rsplit_once(old).context("a quota of another form")?;
    Ok(fs::write(
        copy.join(SYSTEM),
        format!("{before}{new}{after}"),
    )?)
}

/// Runs `cargo xtask` in a copy of the checkout. Returns its errors if it fails.
fn xtask(copy: &Path, kernel: &Kernel, arguments: &[&str]) -> Result<Result<(), String>> {
    xtask_with(copy, kernel, arguments, None)
}

/// Like [`xtask`], with a fault in the root task.
fn xtask_with(
    copy: &Path,
    kernel: &Kernel,
    arguments: &[&str],
    fault: Option<&str>,
) -> Result<Result<(), String>> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["xtask", "--quiet"])
        .args(arguments)
        .current_dir(copy)
        .env_remove("CARGO_TARGET_DIR")
        .env(PREFIX, kernel.prefix())
        .envs(fault.map(|fault| ("KAAL_SEED_FAULT", fault)))
        .output()
        .context("failed to start cargo")?;
    Ok(match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    })
}

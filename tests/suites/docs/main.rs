// SPDX-License-Identifier: BSD-2-Clause

//! Tests the documentation: runs the commands that it shows and compares their output, checks its
//! links, and compares its generated parts with the code.
//!
//! `cargo xtask test` builds what the commands need.

mod block;
mod generated;
mod links;
mod mark;
mod output;
mod page;
mod shell;
mod shown;
mod words;

use std::fs;
use std::io::ErrorKind;
use std::process::ExitCode;

use anyhow::{Context, Result};
use kaal_harness::process;
use kaal_harness::workspace::Workspace;
use libtest_mimic::{Arguments, Trial};

use page::Page;

fn main() -> ExitCode {
    process::exit_code(run_suite())
}

fn run_suite() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    // Commands of a page use the results of earlier ones.
    arguments.test_threads = Some(1);
    let trials = Workspace::locate().and_then(|workspace| trials(&workspace))?;
    // What an interrupted run left.
    remove_projects()?;
    let conclusion = libtest_mimic::run(&arguments, trials);
    remove_projects()?;
    shell::print_count();
    Ok(conclusion.exit_code())
}

/// Removes the projects that commands of pages made outside of the checkout.
fn remove_projects() -> Result<()> {
    let projects = shown::projects();
    match fs::remove_dir_all(&projects) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
    .with_context(|| format!("failed to remove {}", projects.display()))
}

fn trials(workspace: &Workspace) -> Result<Vec<Trial>> {
    let pages = Page::all(workspace.root())?;
    let mut trials = links::trials(workspace, &pages);
    trials.extend(generated::trials(workspace));
    trials.push(words::trial(workspace));
    for page in &pages {
        trials.extend(shell::trials(workspace, page)?);
    }
    Ok(trials)
}

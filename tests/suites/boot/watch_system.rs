// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask watch` in a user's own project: a saved component replaces the one that runs, one that doesn't compile
//! leaves it alone, and a saved list boots. The greeter counts its visits, so only a boot begins again. Ignored unless
//! `SEL4_PREFIX` names a kernel.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::own_system::{cargo, new_project};
use crate::sel4::{is_for_board, kernel_trial};
use crate::watch::Watch;

const GREETER: &str = "components/greeter/src/main.rs";
const VISITOR: &str = "components/visitor/src/main.rs";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // Only the virt machine has the line for programs.
    match is_for_board() {
        true => Vec::new(),
        false => vec![kernel_trial(
            workspace,
            "watch_system::replaces_components_of_a_project",
            replaces,
        )],
    }
}

fn replaces(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    // Cargo finds there what the root task of the same profile needs too.
    let target = workspace.root_task_target();
    let project = new_project(workspace, scratch.path(), &target)?;
    let mut command = cargo(&project, kernel);
    let watch = Watch::start(command.args(["xtask", "watch"]))?;
    watch.wait_for("[visitor] visit 3")?;

    edit(&project, VISITOR, "visit {", "call {")?;
    watch.wait_for("== visitor runs again, ")?;
    watch.wait_for("[visitor] call 6")?;

    edit(&project, GREETER, "visits += 1", "visits += one")?;
    watch.wait_for("error: could not compile `greeter`")?;
    edit(&project, VISITOR, "call {", "tour {")?;
    watch.wait_for("[visitor] tour 9")?;

    edit(&project, GREETER, "visits += one", "visits += 10")?;
    watch.wait_for("== greeter runs again, ")?;
    edit(&project, "system.toml", "priority = 100", "priority = 99")?;
    watch.wait_for("KAAL_SYSTEM_READY")?;
    watch.wait_for("[visitor] tour 30")
}

/// Changes a text in `file` of `project`.
fn edit(project: &Path, file: &str, old: &str, new: &str) -> Result<()> {
    let file = project.join(file);
    let text = fs::read_to_string(&file)?;
    ensure!(text.contains(old), "no {old:?} in {}", file.display());
    Ok(fs::write(file, text.replace(old, new))?)
}

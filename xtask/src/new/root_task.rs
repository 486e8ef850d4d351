// SPDX-License-Identifier: BSD-2-Clause

//! Makes a project for a root task of the user's own.

use std::path::{self, Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use fs_err as fs;
use kaal_harness::folder;
use kaal_harness::process;
use kaal_harness::workspace::Workspace;

/// The project that the flake copies too.
const TEMPLATE: &str = "nix/template";

/// Names of what Cargo and Nix leave in a project.
const OUTPUTS: [&str; 2] = ["target", "result"];

#[derive(Args)]
pub(crate) struct Options {
    /// The folder to make, outside of this checkout
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Makes the project, and prints how to build and boot it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = path::absolute(&options.folder)?;
    check(workspace, &folder)?;
    folder::copy(&workspace.root().join(TEMPLATE), &folder, &OUTPUTS)?;
    let root_task = process::quoted(&folder.join("root-task").display().to_string());
    println!(
        "made {}; README.md in it says what is where\n\
         build:  (cd {root_task} && SEL4_PREFIX=/opt/seL4 cargo build --release)\n\
         boot:   SEL4_PREFIX=/opt/seL4 cargo xtask qemu --app \
         {root_task}/target/aarch64-unknown-none/release/my-root-task",
        folder.display()
    );
    Ok(())
}

/// Checks that nothing is in `folder`, and that it lies outside of the checkout.
fn check(workspace: &Workspace, folder: &Path) -> Result<()> {
    let shown = folder.display();
    ensure!(
        !folder.starts_with(workspace.root()),
        "{shown}: a folder outside of {} expected, because Cargo would use the settings there",
        workspace.root().display()
    );
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => !folder.exists(),
    };
    ensure!(
        is_empty,
        "{shown}: a new folder expected; choose another name"
    );
    Ok(())
}

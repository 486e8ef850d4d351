// SPDX-License-Identifier: BSD-2-Clause

//! Makes projects outside of the checkout.

use std::io;
use std::path::{self, Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use fs_err as fs;
use fs_err::os::unix::fs::symlink;
use kaal_harness::folder;
use kaal_harness::process;
use kaal_harness::workspace::Workspace;

/// Names of what Cargo and Nix leave in a project.
const OUTPUTS: [&str; 2] = ["target", "result"];

/// The link to the checkout in a system's folder.
const CHECKOUT: &str = "kaal";

#[derive(Args)]
pub(crate) struct Options {
    /// The folder to make, outside of this checkout
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Makes a project for a root task of the user's own, and prints how to build and boot it.
pub(crate) fn root_task(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = make(workspace, options, |folder| {
        copy(workspace, "nix/template", folder)
    })?;
    let root_task = quoted(&folder.join("root-task"));
    println!(
        "build:  (cd {root_task} && SEL4_PREFIX=/opt/seL4 cargo build --release)\n\
         boot:   SEL4_PREFIX=/opt/seL4 cargo xtask qemu --app \
         {root_task}/target/aarch64-unknown-none/release/my-root-task"
    );
    Ok(())
}

/// Makes a project for components of the user's own, and prints how to boot and test it.
pub(crate) fn system(workspace: &Workspace, options: &Options) -> Result<()> {
    let folder = make(workspace, options, |folder| {
        copy(workspace, "nix/template-system", folder)?;
        symlink(workspace.root(), folder.join(CHECKOUT))
    })?;
    println!(
        "enter:  cd {}\n\
         boot:   SEL4_PREFIX=/opt/seL4 cargo xtask qemu\n\
         test:   SEL4_PREFIX=/opt/seL4 cargo test",
        quoted(&folder)
    );
    Ok(())
}

/// Makes the folder of a project with `fill`, or nothing. Returns it.
fn make(
    workspace: &Workspace,
    options: &Options,
    fill: impl Fn(&Path) -> io::Result<()>,
) -> Result<PathBuf> {
    let folder = path::absolute(&options.folder)?;
    check(workspace, &folder)?;
    if let Err(error) = fill(&folder) {
        // The first error is the one to report.
        let _ = fs::remove_dir_all(&folder);
        return Err(error.into());
    }
    let shown = folder.display();
    println!("made {shown}; README.md in it says what is where");
    Ok(folder)
}

/// Copies the files of `template`, which the flake copies too.
fn copy(workspace: &Workspace, template: &str, folder: &Path) -> io::Result<()> {
    folder::copy(&workspace.root().join(template), folder, &OUTPUTS)
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

fn quoted(folder: &Path) -> String {
    process::quoted(&folder.display().to_string())
}

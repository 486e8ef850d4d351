// SPDX-License-Identifier: BSD-2-Clause

//! Adds the documentation of the libraries to the book.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use fs_err as fs;
use kaal_harness::folder;
use kaal_harness::process;
use kaal_harness::sel4::{self, Kernel};
use kaal_harness::workspace::Workspace;

use crate::build;
use crate::root_task;
use crate::setup::TARGET;

/// The libraries that are compiled for the host.
const HOST: [&str; 2] = ["kaal-elfloader-builder", "kaal-payload"];

/// Adds the pages that docs/api.md links to. The library for components depends on seL4's crates, so its pages need a
/// kernel.
pub(crate) fn pages(workspace: &Workspace, book: &Path) -> Result<()> {
    let mut host = build::cargo(workspace);
    host.args(["doc", "--lib", "--no-deps"]);
    host.args(HOST.map(|library| ["--package", library]).as_flattened());
    let api = book.join("api");
    document(&mut host, &workspace.target().join("doc"), &api)?;
    let Some(kernel) = Kernel::from_environment()? else {
        let variable = sel4::PREFIX;
        println!("left out kaal-component: set {variable} for its pages");
        return Ok(());
    };
    let mut component = root_task::documentation(workspace, &kernel)?;
    let pages = workspace.root_task_target().join(TARGET).join("doc");
    document(&mut component, &pages, &api.join("component"))
}

/// Runs Cargo's command `doc`, which writes to the folder `pages`, and copies the pages to the folder `to`. A broken
/// link is an error.
fn document(cargo: &mut Command, pages: &Path, to: &Path) -> Result<()> {
    // Other crates' pages may be there.
    if pages.exists() {
        fs::remove_dir_all(pages)?;
    }
    process::run(cargo.env("RUSTDOCFLAGS", "-Dwarnings"))?;
    folder::copy(pages, to, &[])?;
    Ok(())
}

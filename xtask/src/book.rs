// SPDX-License-Identifier: BSD-2-Clause

//! Builds the documentation as a book, with what it shows of running images made anew.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;
use kaal_harness::tools::MDBOOK;
use kaal_harness::workspace::Workspace;
use kaal_harness::{book, process};

use crate::build;
use crate::setup;

/// How the book is built.
#[derive(Args)]
pub(crate) struct Options {
    /// Only make what is generated anew: build no book of it
    #[arg(long)]
    generate: bool,
}

/// Generates what `docs/` has from the code, and builds the book of all.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    build::run(workspace)?;
    for file in book::generate(workspace)? {
        let path = workspace.root().join(&file.path);
        let parent = path
            .parent()
            .context("a generated file lies in no folder")?;
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, &file.content))
            .with_context(|| format!("failed to write {}", path.display()))?;
        println!("wrote {}", file.path.display());
    }
    match options.generate {
        true => Ok(()),
        false => pages(workspace),
    }
}

/// Builds the book of `docs/` as it is.
pub(crate) fn pages(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target().join("book");
    let mut mdbook = Command::new(setup::tool(workspace, &MDBOOK)?);
    mdbook
        .arg("build")
        .arg(workspace.root().join("docs"))
        .arg("--dest-dir")
        .arg(&folder);
    process::run(&mut mdbook)?;
    println!("built {}", folder.join("index.html").display());
    Ok(())
}

// SPDX-License-Identifier: BSD-2-Clause

//! Updates the generated parts of the documentation, and builds it as a book.

use std::process::Command;
use std::thread;

use anyhow::{Context, Result};
use clap::Args;
use fs_err as fs;
use kaal_harness::tools::MDBOOK;
use kaal_harness::workspace::Workspace;
use kaal_harness::{book, process};

use crate::{api, build, progress, setup};

#[derive(Args)]
pub(crate) struct Options {
    /// Update all generated parts of docs/ and build no book; flips each bit of an image, which takes minutes
    #[arg(long)]
    generate: bool,
}

/// Updates the generated parts of `docs/`, then builds the book. Only `--generate` updates the table of flipped bits.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    build::run(workspace)?;
    let mut files = book::generate(workspace)?;
    if options.generate {
        let _spinner = progress::spinner("flipping bits");
        let workers = thread::available_parallelism()?.try_into()?;
        files.push(book::generate_flips(workspace, workers)?);
    }
    for file in files {
        let path = workspace.root().join(&file.path);
        fs::create_dir_all(path.parent().context("a generated file has no folder")?)?;
        fs::write(&path, &file.content)?;
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
    mdbook.arg("build").arg(workspace.root().join("docs"));
    process::run(mdbook.arg("--dest-dir").arg(&folder))?;
    api::pages(workspace, &folder)?;
    println!("built {}", folder.join("index.html").display());
    Ok(())
}

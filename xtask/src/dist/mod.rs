// SPDX-License-Identifier: BSD-2-Clause

//! Makes the archives of a release: one per platform, with the builder and everything that it packs into images.

mod archive;
mod builder;
mod content;
mod licenses;
mod linked;
mod origin;
mod platform;
mod tree;

use anyhow::{Context, Result};
use clap::Args;
use fs_err as fs;
use kaal_harness::workspace::Workspace;

use crate::build;
use crate::setup::{self, Compiler};

use origin::Origin;
use platform::{Platform, TRIPLES};

#[derive(Args)]
pub(crate) struct Options {
    /// Make an archive for this target triple; repeat it for more [default: this machine's]
    #[arg(long = "target", value_name = "TRIPLE", value_parser = TRIPLES)]
    triples: Vec<String>,
}

/// Replaces `target/dist` with archives of the checkout and their checksums.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let compiler = Compiler::current()?;
    let mut platforms: Vec<_> = options.triples.iter().map(|name| Platform(name)).collect();
    if platforms.is_empty() {
        platforms.push(Platform::of_host(&compiler)?);
    }
    for platform in &platforms {
        platform.check(&compiler)?;
    }
    let origin = Origin::query(workspace)?;
    setup::qemu(workspace)?;
    build::programs(workspace)?;

    let common = content::for_all(workspace)?;
    let mut archives = Vec::new();
    for platform in platforms {
        let builder = builder::build(workspace, platform, &compiler)?;
        let own = content::for_one(workspace, platform, &compiler, &origin, builder)?;
        let files = common.clone().into_iter().chain(own).collect();
        archives.push((archive::name(platform.0), files));
    }
    write(workspace, &archives, origin.time)
}

/// Writes the archives to a new folder. When it is complete, it replaces the old one.
fn write(workspace: &Workspace, archives: &[(String, tree::Files)], modified: u64) -> Result<()> {
    let folder = workspace.dist();
    let mut scratch = tempfile::Builder::new();
    let scratch = scratch.prefix(".dist-").tempdir_in(workspace.target())?;
    let new = scratch.path().join("new");
    archive::write_all(&new, archives, modified).context("failed to write the archives")?;
    if folder.exists() {
        fs::rename(&folder, scratch.path().join("old"))?;
    }
    fs::rename(&new, &folder)?;
    for (name, _) in archives {
        let file = folder.join(archive::file_name(name));
        let size = fs::metadata(&file)?.len();
        println!("wrote {}, {size} bytes", file.display());
    }
    Ok(())
}

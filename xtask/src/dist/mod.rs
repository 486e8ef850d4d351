// SPDX-License-Identifier: BSD-2-Clause

//! Makes what a release holds: for each platform, one archive with the builder and all that it packs with.

mod archive;
mod builder;
mod content;
mod licenses;
mod linked;
mod origin;
mod platform;
mod tree;

use std::fs;

use anyhow::{Context, Result};
use clap::Args;
use kaal_harness::workspace::Workspace;

use crate::build;
use crate::setup::{self, Compiler};

use origin::Origin;
use platform::Platform;

/// What the archives are made for.
#[derive(Args)]
pub(crate) struct Options {
    /// Make an archive for this target triple [default: this machine's]. Repeat it for more
    #[arg(long = "target", value_name = "TRIPLE")]
    platforms: Vec<Platform>,
}

/// Replaces `target/dist` by archives of the checkout and their checksums.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let compiler = Compiler::current()?;
    let platforms = match options.platforms.as_slice() {
        [] => vec![Platform::of_host(&compiler)?],
        chosen => chosen.to_vec(),
    };
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
        let mut files = common.clone();
        files.extend(content::for_one(
            workspace, platform, &compiler, &origin, builder,
        )?);
        archives.push((archive::name(platform), files));
    }
    write(workspace, &archives, origin.time)
}

/// Writes the archives to a new folder, which replaces the last one when it is complete.
fn write(workspace: &Workspace, archives: &[(String, tree::Files)], modified: u64) -> Result<()> {
    let folder = workspace.dist();
    let scratch = tempfile::Builder::new()
        .prefix(".dist-")
        .tempdir_in(workspace.target())
        .with_context(|| format!("failed to write to {}", workspace.target().display()))?;
    let new = scratch.path().join("new");
    archive::write_all(&new, archives, modified)
        .with_context(|| format!("failed to write the archives of {}", folder.display()))?;
    if folder.exists() {
        fs::rename(&folder, scratch.path().join("old"))
            .with_context(|| format!("failed to replace {}", folder.display()))?;
    }
    fs::rename(&new, &folder).with_context(|| format!("failed to write {}", folder.display()))?;
    for (name, _) in archives {
        let file = folder.join(archive::file_name(name));
        let size = fs::metadata(&file)
            .with_context(|| format!("failed to read {}", file.display()))?
            .len();
        println!("wrote {}, {size} bytes", file.display());
    }
    Ok(())
}

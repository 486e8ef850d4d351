// SPDX-License-Identifier: BSD-2-Clause

//! Writes the seeds of all targets to the folder in the argument, in one subfolder per target.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context, Result};
use kaal_fuzz::TARGETS;

fn main() -> Result<()> {
    let folder = env::args_os().nth(1).context("a folder expected")?;
    for target in TARGETS {
        let folder = PathBuf::from(&folder).join(target.name);
        fs::create_dir_all(&folder)
            .with_context(|| format!("failed to create {}", folder.display()))?;
        for (index, seed) in (target.seeds)().into_iter().enumerate() {
            let file = folder.join(format!("seed-{index}"));
            fs::write(&file, seed)
                .with_context(|| format!("failed to write {}", file.display()))?;
        }
    }
    Ok(())
}

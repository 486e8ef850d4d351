// SPDX-License-Identifier: BSD-2-Clause

//! Forges signed images.

use std::thread;

use anyhow::{Context, Result};
use clap::Args;
use clap::builder::PossibleValuesParser;
use kaal_harness::forger::{self, Extent, SUBJECTS};
use kaal_harness::workspace::Workspace;

use crate::{build, progress, setup};

#[derive(Args)]
pub(crate) struct Options {
    /// The image that is forged
    #[arg(long, value_name = "NAME", default_value = SUBJECTS[0].name)]
    #[arg(value_parser = PossibleValuesParser::new(SUBJECTS.map(|subject| subject.name)))]
    image: String,
    /// The first seed [default: a random one]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Number of forgeries, each with the next seed
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    count: u64,
    /// Also print the forgeries that are accepted and boot exactly as the signed image
    #[arg(short, long)]
    verbose: bool,
}

/// Builds the programs, makes forgeries and prints what became of them.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    setup::qemu(workspace)?;
    build::programs(workspace)?;
    let subject = SUBJECTS
        .into_iter()
        .find(|subject| subject.name == options.image)
        .context("there is no such image")?;
    let extent = Extent {
        first: options.seed.unwrap_or_else(forger::any_seed),
        count: options.count,
    };
    let workers = thread::available_parallelism()?.try_into()?;
    let spinner = progress::spinner(format!("forging {}", subject.name));
    let summary = forger::run(workspace, subject, extent, workers)?;
    drop(spinner);
    if options.verbose {
        for forgery in summary.harmless() {
            println!("{forgery}");
        }
    }
    println!("{summary}");
    summary.check()
}

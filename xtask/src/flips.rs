// SPDX-License-Identifier: BSD-2-Clause

//! Flips each bit of an image, one at a time.

use std::num::NonZeroU64;
use std::thread;

use anyhow::{Context, Result};
use clap::Args;
use clap::builder::PossibleValuesParser;
use kaal_harness::flips::{self, Extent, Subject};
use kaal_harness::workspace::Workspace;

use crate::{build, progress, setup};

#[derive(Args)]
pub(crate) struct Options {
    /// The image; those of the format raw take an hour or more
    #[arg(long, value_name = "NAME", default_value = Subject::ALL[0].name)]
    #[arg(value_parser = PossibleValuesParser::new(Subject::ALL.map(|subject| subject.name)))]
    image: String,
    /// Flip only one in this number of bits
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    step: NonZeroU64,
    /// Also print a line for each flip that printed nothing, or something garbled
    #[arg(short, long)]
    verbose: bool,
}

/// Builds the programs, flips bits and prints the outcomes.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    setup::qemu(workspace)?;
    build::programs(workspace)?;
    let subject = Subject::ALL
        .into_iter()
        .find(|subject| subject.name == options.image)
        .context("there is no such image")?;
    let extent = Extent {
        step: options.step,
        ..Extent::ALL
    };
    let workers = thread::available_parallelism()?.try_into()?;
    let spinner = progress::spinner(format!("flipping the bits of {}", subject.name));
    let summary = flips::run(workspace, subject, extent, workers)?;
    drop(spinner);
    if options.verbose {
        for line in summary.unnamed() {
            println!("{line}");
        }
    }
    println!("{summary}");
    summary.check()
}

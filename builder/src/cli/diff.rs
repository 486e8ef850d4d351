// SPDX-License-Identifier: BSD-2-Clause

//! Comparing two images.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::diff::{self, Report, Side};
use crate::files::{File, bounded};
use crate::image_reader::{self, ImageReader};

use super::{Failure, text};

/// Status where two files differ.
const DIFFERENT: u8 = 1;

/// What is compared.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// An image, or a program that images are made of
    #[arg(value_name = "A")]
    one: PathBuf,
    /// Another one
    #[arg(value_name = "B")]
    other: PathBuf,
    /// Look for the programs that the images were made of in this folder too
    #[arg(long, value_name = "FOLDER")]
    programs: Vec<PathBuf>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// Prints what differs. The status is that of the command `diff`: 0 where both are the same, 1 where they differ, 2
/// where that can't be told.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let report = compare(arguments).map_err(Failure::usage)?;
    let printed = match arguments.json {
        true => text::print(format!("{:#}\n", json!(report))),
        false => text::print(&report),
    };
    printed.map_err(Failure::usage)?;
    match report.is_empty() {
        true => Ok(()),
        false => Err(Failure::Diagnostics(DIFFERENT, Vec::new())),
    }
}

fn compare(arguments: &Arguments) -> Result<Report, Diagnostic> {
    let (one, other) = (&arguments.one, &arguments.other);
    let (first, second) = match (image_reader::read(one), image_reader::read(other)) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(diagnostic), Err(_)) => return programs(one, other).ok_or(diagnostic),
        (Err(diagnostic), _) | (_, Err(diagnostic)) => return Err(diagnostic),
    };
    let side = |path, content| {
        let image = ImageReader::open(File { path, content })?;
        Ok(Side::new(image, &arguments.programs))
    };
    Ok(diff::images(&side(one, &first)?, &side(other, &second)?))
}

/// Compares two files that are no images, if they are programs.
fn programs(one: &Path, other: &Path) -> Option<Report> {
    let read = |path| bounded::read(Origin::new(Flag::Image, path)).ok();
    diff::programs(&read(one)?, &read(other)?)
}

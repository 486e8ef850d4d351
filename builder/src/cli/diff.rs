// SPDX-License-Identifier: BSD-2-Clause

//! Comparing two images. The status is that of the command `diff`: 0 where they are the same, 1 where
//! they differ, 2 where that can't be told.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::diff::{self, Report, Side};
use crate::files::{File, bounded};
use crate::image_reader::{self, ImageReader};

use super::messages::{Level, Messages};
use super::text;

/// Status where two files differ.
const DIFFERENT: u8 = 1;

/// Status where files can't be compared.
const TROUBLE: u8 = 2;

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

/// Prints what differs, and returns the status.
pub(super) fn run(arguments: &Arguments, messages: Messages) -> ExitCode {
    match compare(arguments).and_then(|report| print(arguments, &report)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(DIFFERENT),
        Err(diagnostic) => {
            messages.write(Level::Error, &diagnostic);
            ExitCode::from(TROUBLE)
        }
    }
}

/// Prints what differs, and returns whether nothing does.
fn print(arguments: &Arguments, report: &Report) -> Result<bool, Diagnostic> {
    match arguments.json {
        true => text::print(report.to_json() + "\n")?,
        false => text::print(report)?,
    }
    Ok(report.is_empty())
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
    let flag = Flag::Image;
    let read = |value| bounded::read(Origin { flag, value }).ok();
    diff::programs(&read(one)?, &read(other)?)
}

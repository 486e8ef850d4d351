// SPDX-License-Identifier: BSD-2-Clause

//! `diff`: compares two images or programs.

use std::path::{Path, PathBuf};

use clap::Args;
use goblin::elf::header::ELFMAG;
use serde_json::json;

use crate::diagnostic::{Diagnostic, Flag};
use crate::diff::{self, Report, Side};
use crate::files::input::Input;
use crate::files::{File, bounded};
use crate::image_reader::{self, ImageReader};
use crate::printable;

use super::{Failure, text};

/// Exit status if the files differ.
const DIFFERENT: u8 = 1;

/// Exit status if the files can't be compared.
const TROUBLE: u8 = 2;

/// The two files.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// First image or program
    #[arg(value_name = "A")]
    one: PathBuf,
    /// Second image or program
    #[arg(value_name = "B")]
    other: PathBuf,
    /// Search this folder too for the programs in the images; can be repeated
    #[arg(long, value_name = "FOLDER")]
    programs: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the differences. The exit status is that of POSIX `diff`: 0 if there are none, 1 if there are some, 2 on an
/// error.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let trouble = |diagnostic| Failure::Diagnostics(TROUBLE, vec![diagnostic]);
    let report = compare(arguments).map_err(trouble)?;
    let text = match arguments.json {
        true => printable::json(&format!("{:#}\n", json!(report))),
        false => report.to_string(),
    };
    text::print(text).map_err(trouble)?;
    match report.is_empty() {
        true => Ok(()),
        false => Err(Failure::Diagnostics(DIFFERENT, Vec::new())),
    }
}

fn compare(arguments: &Arguments) -> Result<Report, Diagnostic> {
    arguments
        .programs
        .iter()
        .try_for_each(|folder| bounded::check_folder(folder))?;
    let (one, other) = (&arguments.one, &arguments.other);
    let (first, second) = match (image_reader::read(one), image_reader::read(other)) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(first), Err(second)) => return programs((one, first), (other, second)),
        (Err(diagnostic), _) | (_, Err(diagnostic)) => return Err(diagnostic),
    };
    let side = |path, content| {
        let image = ImageReader::open(File { path, content })?;
        Ok(Side::new(image, &arguments.programs))
    };
    Ok(diff::images(&side(one, &first)?, &side(other, &second)?))
}

/// Compares two programs. If a file is no program, returns why it is no image either.
fn programs(
    (one, first): (&Path, Diagnostic),
    (other, second): (&Path, Diagnostic),
) -> Result<Report, Diagnostic> {
    let read = |path| Input::read(Flag::Image, path).ok();
    let is_program = |file: &Input<'_>| file.content.starts_with(ELFMAG);
    let Some(one) = read(one).filter(is_program) else {
        return Err(first);
    };
    let report = read(other).and_then(|other| diff::programs(&one.content, &other.content));
    report.ok_or(second)
}

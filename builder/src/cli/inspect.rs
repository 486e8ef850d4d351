// SPDX-License-Identifier: BSD-2-Clause

//! Showing what an image is.

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::text::{print, terminal_width};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::{File, output};
use crate::image_reader::{self, ImageReader};
use crate::inspect::{Inspected, draw, summary, to_json, to_svg};

/// Letters in the column of names.
const NAMES: usize = 18;

/// Which image to show, and how.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// The image
    image: PathBuf,
    /// Write JSON, for programs and bug reports
    #[arg(long)]
    json: bool,
    /// Draw what lies where in memory into this file, for a document
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Letters in a line, 67 to 1000 [default: the terminal's, else 100]
    #[arg(long, value_name = "NUMBER", value_parser = value_parser!(u16).range(67..=1000))]
    width: Option<u16>,
}

/// Shows the image that `arguments` name.
///
/// # Errors
///
/// Returns what the file is if it is no image, or that it can't be shown.
pub(super) fn run(arguments: &Arguments) -> Result<(), Diagnostic> {
    let path = arguments.image.as_path();
    let content = &image_reader::read(path)?;
    let image = ImageReader::open(File { path, content })?;
    let inspected = Inspected::new(&image);
    if let Some(svg) = &arguments.svg {
        let origin = Origin::new(Flag::Svg, svg);
        output::replace(origin, path, to_svg(&inspected).as_bytes())?;
    }
    let text = match arguments.json {
        true => format!("{:#}\n", to_json(&inspected)),
        false => {
            let width = arguments.width.map_or_else(terminal_width, usize::from);
            let rows = summary(&inspected).into_iter();
            let rows = rows.map(|(name, value)| format!("{name:<NAMES$}{value}\n"));
            let map = draw(&inspected.picture, width);
            format!("{}\n{map}", rows.collect::<String>())
        }
    };
    print(&text)
}

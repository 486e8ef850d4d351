// SPDX-License-Identifier: BSD-2-Clause

//! `inspect`: shows an image.

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::text::{print, print_own, terminal_width};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::input::Input;
use crate::files::{File, output};
use crate::image_reader::{self, ImageReader};
use crate::inspect::{Inspected, draw, summary, to_json, to_svg};
use crate::parts::platform::KernelConfig;
use crate::printable;

/// Width of the column of names.
const NAMES: usize = 18;

/// The image, and the form to show it in.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// Image to show
    image: PathBuf,
    /// Configuration of its kernel, seL4's gen_config.json: also say whether seL4's proofs are about it
    #[arg(long, value_name = "FILE")]
    kernel_config: Option<PathBuf>,
    /// Print JSON, for programs and bug reports
    #[arg(long)]
    json: bool,
    /// Draw the memory map into this file, as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Width of a line, 67 to 1000 [default: width of the terminal, else 100]
    #[arg(long, value_name = "NUMBER", value_parser = value_parser!(u16).range(67..=1000))]
    width: Option<u16>,
}

/// Shows the image.
///
/// # Errors
///
/// Says what the file is if it is no image.
pub(super) fn run(arguments: &Arguments) -> Result<(), Diagnostic> {
    let path = arguments.image.as_path();
    let content = &image_reader::read(path)?;
    let image = ImageReader::open(File { path, content })?;
    let config = Input::read_if_given(Flag::KernelConfig, arguments.kernel_config.as_deref())?;
    let level = image.payload().exception_level;
    let config = config.as_ref().map(|given| {
        let config = KernelConfig::read(given.origin(), &given.content, level)?;
        Ok((given.origin(), config))
    });
    let inspected = Inspected::new(&image, config.transpose()?);
    if let Some(svg) = &arguments.svg {
        let origin = Origin::new(Flag::Svg, svg);
        let image = (Flag::Image, path);
        output::check(origin, "a picture", "choose another name", &[image])?;
        output::replace(origin, to_svg(&inspected).as_bytes())?;
    }
    if arguments.json {
        return print(printable::json(&format!("{:#}\n", to_json(&inspected))));
    }
    let rows = summary(&inspected).into_iter();
    let rows = rows.map(|(name, value)| format!("{name:<NAMES$}{}\n", printable::line(&value)));
    print(rows.collect::<String>())?;
    let width = arguments.width.map_or_else(terminal_width, usize::from);
    print_own(format!("\n{}", draw(&inspected.areas, width)))
}

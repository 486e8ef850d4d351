// SPDX-License-Identifier: BSD-2-Clause

//! The picture of memory on a terminal: a line for each area, with its place to scale.

use std::fmt::Write;

use anstyle::{AnsiColor, Color, Style};

use super::bar::bar;
use super::picture::{Picture, Purpose};
use super::size::size;

/// Letters of a line before the bar: address, size, name.
const COLUMNS: usize = 49;

/// The least letters for a bar.
const LEAST: usize = 16;

/// Draws `picture` in lines of `width` letters, with escape sequences for colours.
pub(crate) fn draw(picture: &Picture, width: usize) -> String {
    let whole = picture.range();
    let bar_width = width.saturating_sub(COLUMNS + 2).max(LEAST);
    let mut text = String::new();
    let (start, end) = (whole.start.to_string(), whole.end.to_string());
    let gap = bar_width.saturating_sub(start.len()).max(end.len() + 1);
    let _ = writeln!(
        text,
        "{:<14} {:>11}  {:<20} {start}{end:>gap$}",
        "address", "size", "what"
    );
    for area in &picture.areas {
        let style = style(area.purpose);
        let bar = bar(whole, area.memory, &area.stored, bar_width);
        let _ = writeln!(
            text,
            "{:<14} {:>11}  {:<20} {style}{}{style:#}",
            area.memory.start.to_string(),
            size(area.memory.size()),
            area.purpose.name(),
            bar.trim_end()
        );
    }
    text.push_str(
        "█ content in the file, ░ zeroes or room; to scale, but nothing is too small to be seen\n",
    );
    text
}

fn style(purpose: Purpose) -> Style {
    let color = match purpose {
        Purpose::Kernel => AnsiColor::Blue,
        Purpose::DeviceTree => AnsiColor::Yellow,
        Purpose::UserImage => AnsiColor::Green,
        Purpose::Loader => AnsiColor::Magenta,
        Purpose::Header => AnsiColor::Red,
        Purpose::Tables => AnsiColor::Cyan,
        Purpose::Symbols => AnsiColor::BrightBlue,
        Purpose::Scratch => AnsiColor::BrightBlack,
    };
    Style::new().fg_color(Some(Color::Ansi(color)))
}

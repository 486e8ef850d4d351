// SPDX-License-Identifier: BSD-2-Clause

//! The picture of memory on a terminal: a line for each area, with its place to scale.

use std::fmt::Write;

use anstyle::Style;

use super::bar::bar;
use super::picture::Picture;
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
        let style = Style::new().fg_color(Some(area.terminal.into()));
        let bar = bar(whole, area.memory, &area.stored, bar_width);
        let _ = writeln!(
            text,
            "{:<14} {:>11}  {:<20} {style}{}{style:#}",
            area.memory.start.to_string(),
            size(area.memory.size()),
            area.name,
            bar.trim_end()
        );
    }
    text.push_str(
        "█ content in the file, ░ zeroes or room; to scale, but nothing is too small to be seen\n",
    );
    text
}

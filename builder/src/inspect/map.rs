// SPDX-License-Identifier: BSD-2-Clause

//! Draws the memory map on a terminal, one line for each area.

use anstyle::Style;

use super::bar::bar;
use super::picture::{Area, range};
use super::size::size;

/// Width of the columns before the bar: address, size, name.
const COLUMNS: usize = 49;

/// Least width of the bar.
const LEAST: usize = 16;

/// Draws `areas` in lines of `width` characters, with escape sequences for colours.
pub(crate) fn draw(areas: &[Area], width: usize) -> String {
    let whole = range(areas);
    let bar_width = width.saturating_sub(COLUMNS + 2).max(LEAST);
    let (start, end) = (whole.start.to_string(), whole.end.to_string());
    let gap = bar_width.saturating_sub(start.len()).max(end.len() + 1);
    let mut text = format!(
        "{:<14} {:>11}  {:<20} {start}{end:>gap$}\n",
        "address", "size", "what"
    );
    for area in areas {
        let style = Style::new().fg_color(Some(area.terminal.into()));
        let bar = bar(whole, area.memory, &area.stored, bar_width);
        text += &format!(
            "{:<14} {:>11}  {:<20} {style}{}{style:#}\n",
            area.memory.start.to_string(),
            size(area.memory.size()),
            area.name,
            bar.trim_end()
        );
    }
    text.push_str(
        "█ content in the file, ░ zeroes or reserved room; to scale, but each area has at least one character\n",
    );
    text
}

// SPDX-License-Identifier: BSD-2-Clause

//! Draws the memory map as SVG: a column to scale, with the name of each area beside it. The colours are those of Okabe
//! and Ito, which are colour-blind safe, and lines lead from areas to names, so that no reader needs the colours. Names
//! and addresses are text, for search and screen readers.

use super::Inspected;
use super::picture::{Area, range};
use super::size::size;
use crate::diagnostic::shorten;
use crate::memory::ranges;
use crate::printable;

/// Width of the picture, in SVG's unit.
const WIDTH: u32 = 720;

/// Place of the column.
const TOP: f64 = 96.0;
const LEFT: f64 = 130.0;
const COLUMN_WIDTH: f64 = 110.0;

/// Left edge of the names.
const NAMES: f64 = 310.0;

/// Distance from one name to the next.
const NAME_HEIGHT: f64 = 46.0;

/// Least heights of the column and of an area.
const LEAST_HEIGHT: f64 = 380.0;
const LEAST_PART: f64 = 3.0;

/// Height of the space below the column.
const BOTTOM: f64 = 76.0;

/// Most characters of the file's name.
const MOST_LETTERS: usize = 36;

/// An area and its place in the picture.
struct Drawn<'a> {
    area: &'a Area,
    top: f64,
    height: f64,
    /// The vertical middles of the area and of its name.
    middle: f64,
    name: f64,
}

/// Draws the memory map as SVG.
pub(crate) fn to_svg(inspected: &Inspected<'_>) -> String {
    let column = (inspected.areas.len() as f64 * NAME_HEIGHT).max(LEAST_HEIGHT);
    let height = TOP + column + BOTTOM;
    let drawn = place(inspected, column);
    let drawn = drawn.iter().map(|drawn| area(inspected, column, drawn));
    let areas: String = drawn.collect();
    let (head, frame) = (head(inspected, height), frame(inspected, column));
    format!("{head}{frame}{areas}</svg>\n")
}

/// Places all areas in a column of the height `column`.
fn place<'a>(inspected: &'a Inspected<'_>, column: f64) -> Vec<Drawn<'a>> {
    let areas = inspected.areas.iter().map(|area| {
        let top = position(inspected, column, area.memory.start.0);
        let bottom = position(inspected, column, area.memory.end.0);
        let top = top.min(TOP + column - LEAST_PART);
        let height = (bottom - top).max(LEAST_PART);
        Drawn {
            area,
            top,
            height,
            middle: top + height / 2.0,
            name: 0.0,
        }
    });
    let mut drawn: Vec<_> = areas.collect();
    // Each name lies as near to its area as the names above and below allow.
    let mut least = TOP + NAME_HEIGHT / 2.0;
    for area in &mut drawn {
        area.name = area.middle.max(least);
        least = area.name + NAME_HEIGHT;
    }
    let mut most = TOP + column - NAME_HEIGHT / 2.0;
    for area in drawn.iter_mut().rev() {
        area.name = area.name.min(most);
        most = area.name - NAME_HEIGHT;
    }
    drawn
}

/// The vertical position of `address` in a column of the height `column`.
fn position(inspected: &Inspected<'_>, column: f64, address: u64) -> f64 {
    let whole = range(&inspected.areas);
    let offset = address.saturating_sub(whole.start.0) as f64;
    TOP + column * offset / whole.size().max(1) as f64
}

fn head(inspected: &Inspected<'_>, height: f64) -> String {
    let name = inspected.image.file().path.file_name().unwrap_or_default();
    let name = printable::line(&name.to_string_lossy());
    let name = escape(&shorten(&name, MOST_LETTERS));
    let whole = range(&inspected.areas);
    let areas = inspected.areas.iter();
    let names = areas.map(|area| format!("{} at {}", area.name, area.memory));
    let names = names.collect::<Vec<_>>().join(", ");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" \
         width=\"{WIDTH}\" height=\"{height:.0}\" role=\"img\" aria-labelledby=\"title description\" \
         font-family=\"system-ui, 'DejaVu Sans', Arial, sans-serif\" font-size=\"13\" fill=\"#111\">\n\
         <title id=\"title\">{name} in physical memory</title>\n\
         <desc id=\"description\">{whole}: {names}.</desc>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"24\" y=\"38\" font-size=\"20\" font-weight=\"bold\">{name} in physical memory</text>\n\
         <text x=\"24\" y=\"62\">Entry point {}; addresses grow downwards; to scale</text>\n",
        inspected.image.entry(),
    )
}

/// The column without its areas, and the legend.
fn frame(inspected: &Inspected<'_>, column: f64) -> String {
    let whole = range(&inspected.areas);
    let (end, bottom) = (LEFT - 10.0, TOP + column);
    let column = format!(
        "<rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{COLUMN_WIDTH}\" height=\"{column:.1}\" \
         fill=\"#f2f2f2\" stroke=\"#555\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', monospace\" text-anchor=\"end\">\n\
         <text x=\"{end}\" y=\"{:.1}\">{}</text>\n<text x=\"{end}\" y=\"{bottom:.1}\">{}</text>\n</g>\n",
        TOP + 10.0,
        whole.start,
        whole.end,
    );
    let (box_top, text) = (bottom + 20.0, bottom + 32.0);
    let legend = format!(
        "<g stroke=\"#555\">\n\
         <rect x=\"24\" y=\"{box_top:.1}\" width=\"14\" height=\"14\" fill=\"#555\"/>\n\
         <rect x=\"190\" y=\"{box_top:.1}\" width=\"14\" height=\"14\" fill=\"#555\" fill-opacity=\"0.25\"/>\n\
         </g>\n\
         <text x=\"46\" y=\"{text:.1}\">content in the file</text>\n\
         <text x=\"212\" y=\"{text:.1}\">zeroes or reserved room</text>\n",
    );
    let ram = inspected.ram().map(|ram| {
        let (line, ram) = (text + 24.0, ranges::describe(ram));
        format!("<text x=\"24\" y=\"{line:.1}\">RAM in the image's device tree: {ram}</text>\n")
    });
    column + &legend + &ram.unwrap_or_default()
}

fn area(inspected: &Inspected<'_>, column: f64, drawn: &Drawn<'_>) -> String {
    let Drawn {
        area,
        top,
        height,
        middle,
        name,
    } = drawn;
    let color = area.document;
    let mut svg = format!(
        "<g>\n<title>{}: {}</title>\n\
         <rect x=\"{LEFT}\" y=\"{top:.1}\" width=\"{COLUMN_WIDTH}\" height=\"{height:.1}\" \
         fill=\"{color}\" fill-opacity=\"0.3\" stroke=\"#333\" stroke-width=\"0.5\"/>\n",
        area.name, area.memory,
    );
    for stored in &area.stored {
        let start = position(inspected, column, stored.start.0).min(top + height - 1.0);
        let end = position(inspected, column, stored.end.0);
        let height = (end - start).max(1.0);
        svg += &format!(
            "<rect x=\"{LEFT}\" y=\"{start:.1}\" width=\"{COLUMN_WIDTH}\" height=\"{height:.1}\" \
             fill=\"{color}\"/>\n"
        );
    }
    let edge = LEFT + COLUMN_WIDTH;
    let stored = match area.stored_size() {
        0 => "nothing stored".to_owned(),
        bytes => format!("{} stored", size(bytes)),
    };
    svg += &format!(
        "<polyline points=\"{edge},{middle:.1} {:.1},{middle:.1} {:.1},{name:.1} {:.1},{name:.1}\" \
         fill=\"none\" stroke=\"#333\"/>\n\
         <rect x=\"{:.1}\" y=\"{:.1}\" width=\"10\" height=\"32\" fill=\"{color}\" stroke=\"#333\" \
         stroke-width=\"0.5\"/>\n\
         <text x=\"{NAMES}\" y=\"{:.1}\" font-size=\"15\" font-weight=\"bold\">{}</text>\n\
         <text x=\"{NAMES}\" y=\"{:.1}\"><tspan font-family=\"ui-monospace, 'DejaVu Sans Mono', \
         monospace\">{}</tspan> · {}, {stored}</text>\n</g>\n",
        edge + 10.0,
        edge + 40.0,
        NAMES - 16.0,
        NAMES - 16.0,
        name - 16.0,
        name - 3.0,
        area.name,
        name + 15.0,
        area.memory,
        size(area.memory.size()),
    );
    svg
}

/// Escapes `text` for XML.
fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    let text = text.replace('<', "&lt;").replace('>', "&gt;");
    // XML 1.0 can't represent these.
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

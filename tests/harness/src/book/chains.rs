// SPDX-License-Identifier: BSD-2-Clause

//! The table of the formats that firmwares start.

use crate::firmwares::{Chain, Firmware, Outcome, u_boot_command};
use crate::image::Format;

/// A row for each format, a column for each firmware.
pub(super) fn table() -> String {
    let names = Firmware::ALL.map(Firmware::name).join(" | ");
    let columns = "---|".repeat(Firmware::ALL.len());
    let mut rows = vec![
        format!("| format | U-Boot's commands | {names} |"),
        format!("|---|---|{columns}"),
    ];
    rows.extend(Format::ALL.map(|format| {
        let command = u_boot_command(format, "ADDRESS", "SIZE");
        let cells = Firmware::ALL.map(|firmware| cell(firmware, format));
        format!(
            "| `{}` | `{command}` | {} |",
            format.name(),
            cells.join(" | ")
        )
    }));
    rows.join("\n") + "\n"
}

fn cell(firmware: Firmware, format: Format) -> String {
    let tree = match firmware.passes_device_tree(format) {
        true => "firmware's",
        false => "embedded",
    };
    match firmware.outcome(format) {
        Outcome::Boots => {
            let count = Chain::of(firmware, format).len();
            format!("boots: {count} of {count}, {tree} tree")
        }
        Outcome::NotEntered(words) => format!("no: `{words}`"),
    }
}

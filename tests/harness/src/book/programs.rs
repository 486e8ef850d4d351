// SPDX-License-Identifier: BSD-2-Clause

//! The table of the programs that commands and tests start.

use crate::tools::{self, Origin, Tool};

/// A row for each program.
pub(super) fn table() -> String {
    let mut rows = vec![
        "| program | needed by | Debian, Ubuntu | Fedora | macOS |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    rows.extend(tools::ALL.map(row));
    rows.join("\n") + "\n"
}

fn row(tool: &Tool) -> String {
    let Tool { name, used_by, .. } = tool;
    let origin = match &tool.origin {
        Origin::Distribution(packages) => {
            let mark = packages.relocation.map_or("", |_| ", unpacked");
            let debian = packages.debian.replace(' ', "`, `");
            let macos = packages.macos.map_or("–".to_owned(), |command| {
                format!("`{}`", command.replace('|', "\\|"))
            });
            format!("`{debian}`{mark} | `{}` | {macos}", packages.fedora)
        }
        Origin::Crate { version, .. } => {
            let cell = format!("crate {version}, compiled");
            [cell.as_str(); 3].join(" | ")
        }
    };
    format!("| {name} | {used_by} | {origin} |")
}

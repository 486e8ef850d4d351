// SPDX-License-Identifier: BSD-2-Clause

//! Checks that each board has settings, a page and a row in the table.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use kaal_harness::qemu::Board;

/// The table of boards.
const BOARDS: &str = "docs/boards/index.md";

/// Every platform with kernel settings has a page and a row in the table of boards, to which the README links.
/// Every machine has a platform.
pub(crate) fn are_described(root: &Path) -> Result<()> {
    let readme = fs::read_to_string(root.join("README.md"))?;
    ensure!(readme.contains(BOARDS), "README.md has no link to {BOARDS}");
    let boards = fs::read_to_string(root.join(BOARDS))?;
    let mut platforms = Vec::new();
    for entry in fs::read_dir(root.join("kernel"))? {
        let entry = entry?;
        if entry.path().is_dir() {
            let platform = entry.file_name().to_string_lossy().into_owned();
            let page = format!("docs/boards/{platform}.md");
            ensure!(root.join(&page).is_file(), "{page} is missing");
            let row = boards.lines().any(|line| {
                line.starts_with("| [")
                    && line.contains(&format!("]({platform}.md) | `{platform}` |"))
            });
            ensure!(row, "{BOARDS} has no row for {platform}");
            platforms.push(platform);
        }
    }
    for board in Board::platforms() {
        let has_settings = platforms.iter().any(|platform| platform == board);
        ensure!(has_settings, "kernel/ has no settings for {board}");
    }
    Ok(())
}

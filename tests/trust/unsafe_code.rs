// SPDX-License-Identifier: BSD-2-Clause

//! `docs/unsafe.md` lists where the project's own code is unsafe: each file with its functions and other
//! items, and how often.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use proc_macro2::TokenStream;

use crate::table::{self, Rows};

mod count;
mod items;

use count::Count;

const DOCUMENT: &str = "docs/unsafe.md";

/// Every file with unsafe code has its row.
pub(crate) fn is_listed(root: &Path) -> Result<()> {
    let mut expected = Rows::new();
    for path in files(root)? {
        let code = read(&path)?;
        let places = items::places(&code).with_context(|| format!("{}", path.display()))?;
        if !places.is_empty() {
            let path = path.strip_prefix(root)?;
            expected.insert(format!("`{}`", path.display()), vec![places]);
        }
    }
    let found = table::read(root, DOCUMENT, "Where it is")?;
    let complaints = table::differences(&found, &expected);
    ensure!(
        complaints.is_empty(),
        "{DOCUMENT}:\n{}",
        complaints.join("\n")
    );
    Ok(())
}

/// Whether any code in a folder is unsafe.
pub(crate) fn is_in(folder: &Path) -> Result<bool> {
    for path in files(folder)? {
        let code = read(&path)?;
        let tokens: TokenStream = code
            .parse()
            .map_err(|error| anyhow!("failed to read {}: {error}", path.display()))?;
        if !Count::of(tokens).is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))
}

/// All Rust sources below a folder, without what Cargo and Git keep there.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                files.extend(self::files(&path)?);
            }
        } else if name.ends_with(".rs") {
            files.push(path);
        }
    }
    Ok(files)
}

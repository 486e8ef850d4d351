// SPDX-License-Identifier: BSD-2-Clause

//! `docs/unsafe.md` lists the files of the project that have unsafe code.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use proc_macro2::{TokenStream, TokenTree};

use crate::table::{self, Rows};

const DOCUMENT: &str = "docs/unsafe.md";

/// Macros whose code the compiler doesn't check.
const ASSEMBLY: [&str; 3] = ["asm", "naked_asm", "global_asm"];

/// Every file with unsafe code has its row, and no other file has one.
pub(crate) fn is_listed(root: &Path) -> Result<()> {
    let mut expected = Rows::new();
    for path in files(root)? {
        if is_in_file(&path)? {
            let path = path.strip_prefix(root)?;
            expected.insert(format!("`{}`", path.display()), Vec::new());
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
        if is_in_file(&path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_in_file(path: &Path) -> Result<bool> {
    let tokens: TokenStream = read(path)?
        .parse()
        .map_err(|error| anyhow!("failed to read {}: {error}", path.display()))?;
    Ok(is_in_tokens(tokens))
}

fn is_in_tokens(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_unsafe = match token {
            TokenTree::Group(group) => is_in_tokens(group.stream()),
            TokenTree::Ident(word) if word == "unsafe" => true,
            TokenTree::Ident(word) if ASSEMBLY.iter().any(|name| word == name) => {
                matches!(tokens.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == '!')
            }
            _ => false,
        };
        if is_unsafe {
            return true;
        }
    }
    false
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

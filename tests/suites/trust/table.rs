// SPDX-License-Identifier: BSD-2-Clause

//! Compares tables in documents with their expected content.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// A table's rows: the cells of each row by its first cell.
pub(crate) type Rows = BTreeMap<String, Vec<String>>;

/// Reads the rows that begin with code from the tables below `heading`, up to the next heading of the
/// same level.
pub(crate) fn read(root: &Path, document: &str, heading: &str) -> Result<Rows> {
    let text = fs::read_to_string(root.join(document))
        .with_context(|| format!("failed to read {document}"))?;
    let below = text.split_once(&format!("\n## {heading}\n"));
    let (_, below) = below.with_context(|| format!("{document} has no heading `{heading}`"))?;
    let section = below.split("\n## ").next().unwrap_or_default();
    let mut rows = Rows::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned());
        let first = cells.next().unwrap_or_default();
        let is_new = rows.insert(first.clone(), cells.collect()).is_none();
        ensure!(is_new, "{document}, {heading}: {first} is there twice");
    }
    Ok(rows)
}

/// The changes after which the rows begin with the expected cells and have text in the last one.
pub(crate) fn differences(found: &Rows, expected: &Rows) -> Vec<String> {
    let mut complaints = Vec::new();
    for (key, cells) in expected {
        let row = format!("| {key} | {} |", cells.join(" | "));
        match found.get(key) {
            None => complaints.push(format!("add {row}")),
            Some(found) if !found.starts_with(cells) => complaints.push(format!("correct {row}")),
            Some(found) if found.len() == cells.len() || found.iter().any(String::is_empty) => {
                complaints.push(format!("say why: {row}"));
            }
            Some(_) => {}
        }
    }
    let gone = found.keys().filter(|key| !expected.contains_key(*key));
    complaints.extend(gone.map(|key| format!("remove {key}")));
    complaints
}

// SPDX-License-Identifier: BSD-2-Clause

//! Compares the messages that a page lists with the texts in the programs' sources.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;
use walkdir::WalkDir;

/// The page that lists messages, and the folders of the programs that print them.
const PAGE: &str = "docs/memory.md";
const PROGRAMS: [&str; 2] = ["builder/src", "elfloader/loader/src"];

/// What begins a row with messages.
const ROW: &str = "| `";

/// The place of a value in a message on the page.
const VALUE: char = '…';

pub(crate) fn trial(workspace: &Workspace) -> Trial {
    let root = workspace.root().to_owned();
    Trial::test(format!("messages on {PAGE}"), move || {
        compare(&root).map_err(|error| format!("{error:#}").into())
    })
}

fn compare(root: &Path) -> Result<()> {
    let page =
        fs::read_to_string(root.join(PAGE)).with_context(|| format!("failed to read {PAGE}"))?;
    let texts = texts(root)?;
    let mut messages = page.lines().filter_map(|line| {
        let (message, _) = line.strip_prefix(ROW)?.split_once('`')?;
        Some(message)
    });
    let first = messages.next().context("no messages")?;
    for message in messages.chain([first]) {
        for words in message.split(VALUE).map(str::trim) {
            ensure!(
                texts.contains(words),
                "{PAGE}: `{message}`: no message has the words `{words}`"
            );
        }
    }
    Ok(())
}

/// The programs' sources, with texts of several lines in one.
fn texts(root: &Path) -> Result<String> {
    let mut texts = String::new();
    let entries = PROGRAMS.map(|folder| WalkDir::new(root.join(folder)));
    for entry in entries.into_iter().flatten() {
        let entry = entry?;
        if !entry.file_type().is_file() {
            continue;
        }
        for line in fs::read_to_string(entry.path())?
            .lines()
            .map(str::trim_start)
        {
            match line.strip_suffix('\\') {
                Some(part) => texts += part,
                None => texts.extend([line, "\n"]),
            }
        }
    }
    Ok(texts)
}

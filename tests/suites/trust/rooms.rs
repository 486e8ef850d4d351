// SPDX-License-Identifier: BSD-2-Clause

//! The modules of a crate import each other in one direction only.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, anyhow, ensure};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::unsafe_code::{files, read};

/// The sources of each crate, and the file that lists its modules.
const CRATES: [(&str, &str); 11] = [
    ("builder/src", "lib.rs"),
    ("elfloader/loader/src", "lib.rs"),
    ("root-task/broker/src", "lib.rs"),
    ("root-task/component/src", "lib.rs"),
    ("root-task/disk/src", "lib.rs"),
    ("root-task/manifest/src", "lib.rs"),
    ("root-task/net/src", "lib.rs"),
    ("root-task/protocol/src", "lib.rs"),
    ("root-task/stack/src", "lib.rs"),
    ("root-task/task/src", "main.rs"),
    ("root-task/web/src", "lib.rs"),
];

/// The beginning of a line of the list, before a module's name.
const ROW: &str = "//! - `";

/// Each module imports only modules that are listed below it.
pub(crate) fn import_downwards(root: &Path) -> Result<()> {
    CRATES
        .iter()
        .try_for_each(|(sources, page)| check(root, sources, page))
}

fn check(root: &Path, folder: &str, page: &str) -> Result<()> {
    let sources = root.join(folder);
    let text = read(&sources.join(page))?;
    let rooms: Vec<_> = text
        .lines()
        .filter_map(|line| Some(line.strip_prefix(ROW)?.split_once('`')?.0))
        .collect();
    ensure!(
        modules(&text).iter().eq(&sorted(&rooms)),
        "{folder}/{page} lists other modules than it declares: {}",
        rooms.join(", ")
    );
    let floor = |name: &str| rooms.iter().position(|room| *room == name);
    let mut complaints = Vec::new();
    for path in files(&sources)? {
        let name = path.strip_prefix(&sources)?;
        let Some(room) = name.iter().next().and_then(|room| room.to_str()) else {
            continue;
        };
        // This file and `main.rs` are no modules.
        let Some(here) = floor(room.trim_end_matches(".rs")) else {
            continue;
        };
        let tokens: TokenStream = read(&path)?
            .parse()
            .map_err(|error| anyhow!("failed to read {}: {error}", path.display()))?;
        for import in imports(tokens) {
            if floor(&import).is_none_or(|there| there < here) {
                complaints.push(format!("{folder}/{} imports {import}", name.display()));
            }
        }
    }
    ensure!(
        complaints.is_empty(),
        "{folder}/{page} does not list these below the modules that import them:\n{}",
        complaints.join("\n")
    );
    Ok(())
}

/// The modules that a page declares.
fn modules(page: &str) -> BTreeSet<&str> {
    let modules = page.lines().filter_map(|line| {
        let declaration = line.strip_prefix("pub ").unwrap_or(line);
        declaration.strip_prefix("mod ")?.strip_suffix(';')
    });
    modules.collect()
}

fn sorted<'a>(rooms: &[&'a str]) -> Vec<&'a str> {
    let mut sorted = rooms.to_vec();
    sorted.sort_unstable();
    sorted
}

/// The names that follow `crate::` in paths, also in macros.
fn imports(tokens: TokenStream) -> BTreeSet<String> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut found = BTreeSet::new();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => found.extend(imports(group.stream())),
            // A macro's `$crate` is what the crate exports.
            TokenTree::Ident(ident) if ident == "crate" && !is(tokens[..index].last(), '$') => {
                let mut path = tokens[index + 1..].iter();
                let colons = [path.next(), path.next()];
                if colons.iter().all(|colon| is(*colon, ':')) {
                    found.extend(path.next().into_iter().flat_map(first_names));
                }
            }
            _ => {}
        }
    }
    found
}

/// The first name of a path, or of each path in braces.
fn first_names(token: &TokenTree) -> Vec<String> {
    match token {
        TokenTree::Ident(ident) => vec![ident.to_string()],
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            let tokens: Vec<_> = group.stream().into_iter().collect();
            let paths = tokens.split(|token| is(Some(token), ','));
            paths
                .filter_map(|path| Some(path.first()?.to_string()))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn is(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

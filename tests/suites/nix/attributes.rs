// SPDX-License-Identifier: BSD-2-Clause

//! Checks the flake's attributes that pages, workflows and programs name.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// The prefixes of an attribute's name: this folder, the Dockerfile's copy of it, or the repository.
const FLAKES: [&str; 3] = [".#", "path:/kaal#", "github:kaal-project/kaal#"];

/// The files and folders that name attributes.
const NAMING: [&str; 8] = [
    ".github",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Dockerfile",
    "README.md",
    "docs",
    "nix",
    "xtask/src",
];

/// The extensions of these files in folders.
const ENDINGS: [&str; 3] = ["md", "rs", "yml"];

/// The option before the name of a template.
const TEMPLATE: &str = "-t ";

/// The workflow that builds the checks.
const WORKFLOW: &str = ".github/workflows/ci.yml";

/// Every named attribute exists on every system, and the workflow builds all groups of checks.
/// `existing` has names by kind of output and system.
pub(crate) fn exist(root: &Path, existing: &Value) -> Result<()> {
    let mut mentions = Vec::new();
    for path in NAMING {
        collect(&root.join(path), &mut mentions)?;
    }
    ensure!(!mentions.is_empty(), "no file names an attribute");
    for (file, name) in &mentions {
        check(existing, name).with_context(|| format!("{file} names {name:?}"))?;
    }

    let groups =
        names_of(existing, "packages", "x86_64-linux").filter(|name| name.starts_with("checks-"));
    for group in groups {
        ensure!(
            mentions
                .iter()
                .any(|(file, name)| file.ends_with(WORKFLOW) && name == group),
            "{WORKFLOW} doesn't build {group}"
        );
    }
    Ok(())
}

/// Adds the names in a file, or in the files of a folder, each with its file.
fn collect(path: &Path, mentions: &mut Vec<(String, String)>) -> Result<()> {
    let context = || format!("failed to read {}", path.display());
    if path.is_dir() {
        for entry in fs::read_dir(path).with_context(context)? {
            let path = entry?.path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            if path.is_dir() || ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
                collect(&path, mentions)?;
            }
        }
        return Ok(());
    }
    let text = fs::read_to_string(path).with_context(context)?;
    for (start, flake) in FLAKES.iter().flat_map(|flake| text.match_indices(flake)) {
        let rest = &text[start + flake.len()..];
        let end = rest
            .find(|c: char| c.is_whitespace() || "\"'`()[],;…".contains(c))
            .unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches(['.', ':']);
        let kind = match text[..start].ends_with(TEMPLATE) {
            true => "templates.",
            false => "",
        };
        if !name.is_empty() {
            mentions.push((path.display().to_string(), format!("{kind}{name}")));
        }
    }
    Ok(())
}

/// A package or template by its name, or any attribute by kind of output, system and name.
fn check(existing: &Value, name: &str) -> Result<()> {
    ensure!(
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)),
        "write the name out, so that tests can look it up"
    );
    if let [kind, system, name] = name.split('.').collect::<Vec<_>>()[..] {
        ensure!(
            names_of(existing, kind, system).any(|found| found == name),
            "there is no such attribute"
        );
        return Ok(());
    }
    if let Some(template) = name.strip_prefix("templates.") {
        let mut templates = existing["templates"].as_array().into_iter().flatten();
        ensure!(
            templates.any(|found| found == template),
            "there is no such template"
        );
        return Ok(());
    }
    let Some(systems) = existing["packages"].as_object() else {
        bail!("the flake has no packages");
    };
    for system in systems.keys() {
        ensure!(
            names_of(existing, "packages", system).any(|found| found == name),
            "there is no such package for {system}"
        );
    }
    Ok(())
}

fn names_of<'a>(
    existing: &'a Value,
    kind: &str,
    system: &str,
) -> impl Iterator<Item = &'a str> + use<'a> {
    existing[kind][system]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

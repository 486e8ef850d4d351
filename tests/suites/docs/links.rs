// SPDX-License-Identifier: BSD-2-Clause

//! Checks the targets of links: for relative links, a file and a heading in it; for links to the project's
//! repository, a file. It doesn't follow other links.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::page::{Link, Page};

/// The folder of the book's sources.
const BOOK: &str = "docs";

/// The pages that `cargo xtask book` generates from the libraries.
const GENERATED: &str = "docs/api";

/// The book's table of contents.
const SUMMARY: &str = "docs/SUMMARY.md";

/// The addresses of the repository's files.
const REPOSITORY: [&str; 2] = [
    "https://github.com/kaal-project/kaal/blob/main/",
    "https://github.com/kaal-project/kaal/tree/main/",
];

/// The possible targets of links.
#[derive(Clone)]
struct Checkout {
    root: PathBuf,
    anchors: BTreeMap<PathBuf, Vec<String>>,
}

/// A test for each page's links, and one for the table of contents.
pub(crate) fn trials(workspace: &Workspace, pages: &[Page]) -> Vec<Trial> {
    let anchors = pages
        .iter()
        .map(|page| (page.path.clone(), page.anchors.clone()));
    let checkout = Checkout {
        root: workspace.root().to_owned(),
        anchors: anchors.collect(),
    };
    let mut trials: Vec<_> = pages
        .iter()
        .map(|page| {
            let broken: Vec<String> = page
                .links
                .iter()
                .filter_map(|link| checkout.broken(page, link))
                .collect();
            trial(format!("links {}", page.path.display()), broken)
        })
        .collect();
    trials.push(trial(
        "every page is in the book".to_owned(),
        missing(pages),
    ));
    trials
}

fn trial(name: String, findings: Vec<String>) -> Trial {
    Trial::test(name, move || match findings.as_slice() {
        [] => Ok(()),
        findings => Err(findings.join("\n").into()),
    })
}

/// The pages that the table of contents doesn't name.
fn missing(pages: &[Page]) -> Vec<String> {
    let summary = pages.iter().find(|page| page.path == Path::new(SUMMARY));
    let links = summary.map_or(&[][..], |page| &page.links);
    pages
        .iter()
        .filter_map(|page| page.path.strip_prefix(BOOK).ok())
        .filter(|path| *path != Path::new("SUMMARY.md"))
        .filter(|path| !links.iter().any(|link| Path::new(&link.to) == *path))
        .map(|path| format!("{} is not in {SUMMARY}: add it", path.display()))
        .collect()
}

impl Checkout {
    /// The error of a link, if it has one.
    fn broken(&self, page: &Page, link: &Link) -> Option<String> {
        let error = self.follow(page, &link.to).err()?;
        Some(format!(
            "{}:{}: {}: {error:#}",
            page.path.display(),
            link.line,
            link.to
        ))
    }

    fn follow(&self, page: &Page, to: &str) -> Result<()> {
        for repository in REPOSITORY {
            if let Some(path) = to.strip_prefix(repository) {
                let path = path.split('#').next().unwrap_or_default();
                ensure!(
                    self.root.join(path).exists(),
                    "no such file in the repository"
                );
                return Ok(());
            }
        }
        if to.contains("://") || to.starts_with("mailto:") {
            return Ok(());
        }
        let (path, anchor) = to
            .split_once('#')
            .map_or((to, None), |(path, anchor)| (path, Some(anchor)));
        let target = match path {
            "" => page.path.clone(),
            path => normalise(&page.path.with_file_name("").join(path))?,
        };
        if target.starts_with(GENERATED) {
            return Ok(());
        }
        ensure!(self.root.join(&target).exists(), "no such file");
        if page.path.starts_with(BOOK) && !target.starts_with(BOOK) {
            bail!("leads out of the book: link to {}…", REPOSITORY[0]);
        }
        if let Some(anchor) = anchor {
            let anchors = self.anchors.get(&target).context("no page with headings")?;
            ensure!(anchors.iter().any(|it| it == anchor), "no such heading");
        }
        Ok(())
    }
}

/// The path without `.` and `..`.
fn normalise(path: &Path) -> Result<PathBuf> {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => ensure!(normal.pop(), "leads out of the checkout"),
            Component::Normal(name) => normal.push(name),
            _ => {}
        }
    }
    Ok(normal)
}

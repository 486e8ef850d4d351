// SPDX-License-Identifier: BSD-2-Clause

//! Parses the pages of the documentation as Markdown.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::block::Block;

/// Pages outside of the folder `docs`.
const OTHERS: [&str; 6] = [
    "README.md",
    "nix/README.md",
    "nix/template-system/README.md",
    "nix/template/README.md",
    "root-task/README.md",
    "tests/suites/docs/mistakes.md",
];

/// A Markdown file.
pub(crate) struct Page {
    /// Relative to the checkout.
    pub(crate) path: PathBuf,
    pub(crate) blocks: Vec<Block>,
    pub(crate) links: Vec<Link>,
    /// The anchors in it.
    pub(crate) anchors: Vec<String>,
}

/// The links of a page.
pub(crate) struct Link {
    pub(crate) line: usize,
    pub(crate) to: String,
}

impl Page {
    /// All pages of the checkout at `root`, by their paths.
    pub(crate) fn all(root: &Path) -> Result<Vec<Self>> {
        let mut paths: Vec<PathBuf> = OTHERS.iter().map(PathBuf::from).collect();
        find(root, Path::new("docs"), &mut paths)?;
        paths.sort();
        paths
            .into_iter()
            .map(|path| {
                let text = fs::read_to_string(root.join(&path))
                    .with_context(|| format!("failed to read {}", path.display()))?;
                Ok(Self::parse(path, &text))
            })
            .collect()
    }

    fn parse(path: PathBuf, text: &str) -> Self {
        let mut page = Self {
            path,
            blocks: Vec::new(),
            links: Vec::new(),
            anchors: Vec::new(),
        };
        let line_at = |offset: usize| text[..offset].matches('\n').count() + 1;
        let mut comment = String::new();
        let mut heading = None;
        let mut code: Option<Block> = None;
        let mut seen = BTreeMap::new();
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            match event {
                Event::Start(Tag::HtmlBlock) => comment.clear(),
                Event::Html(html) => comment.push_str(&html),
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => language.to_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    let line = line_at(range.start);
                    code = Some(Block::new(line, language, std::mem::take(&mut comment)));
                }
                Event::Text(text) if code.is_some() => {
                    if let Some(block) = &mut code {
                        block.text.push_str(&text);
                    }
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(code.take()),
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.anchors
                        .extend(heading.take().map(|text| anchor(&text, &mut seen)));
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                    comment.clear();
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(Link {
                        line: line_at(range.start),
                        to: dest_url.to_string(),
                    });
                }
                _ => {}
            }
        }
        page
    }
}

/// Adds the Markdown files in and below a folder.
fn find(root: &Path, folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(root.join(folder))
        .with_context(|| format!("failed to read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            find(root, &path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
    Ok(())
}

/// The name that mdBook and GitHub give a heading.
fn anchor(heading: &str, seen: &mut BTreeMap<String, usize>) -> String {
    let name: String = heading
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect();
    let count = seen.entry(name.clone()).or_insert(0);
    *count += 1;
    match *count {
        1 => name,
        count => format!("{name}-{}", count - 1),
    }
}

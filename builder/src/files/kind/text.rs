// SPDX-License-Identifier: BSD-2-Clause

//! Names text files.

use super::FileKind;
use super::magic::{JSON, LOG, TEXTS, TOML, Way, find};

/// The name of text in no known format.
pub(super) const TEXT: &str = "text";

/// Bytes of a file's start that decide whether it is text, and of which kind.
const SIZE: usize = 512;
const NAMED_SIZE: usize = 16 << 10;

/// First byte of the escape sequences in logs.
const ESCAPE: char = '\u{1b}';

/// Whether the start of `head` is text in UTF-8.
pub(super) fn is_text(head: &[u8]) -> bool {
    let bytes = &head[..head.len().min(SIZE)];
    let valid = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let is_shown =
        |letter: char| !letter.is_control() || letter.is_whitespace() || letter == ESCAPE;
    valid.chars().all(is_shown)
}

/// The kind of the text file that begins with `head`.
pub(super) fn kind(head: &[u8]) -> FileKind {
    let head = String::from_utf8_lossy(&head[..head.len().min(NAMED_SIZE)]);
    let mut lines = head.lines();
    if lines.any(|line| LOG.iter().any(|start| line.starts_with(start))) {
        return FileKind::text(
            "a console log",
            Way::Do("run `kaal-elfloader-builder explain` for this one"),
        );
    }
    if head.contains("/dts-v1/") {
        return FileKind::text("the source of a device tree", Way::Unknown);
    }
    match find(&TEXTS, head.as_bytes()) {
        Some((name, way)) => FileKind::text(name, way),
        None => FileKind::text(settings(&head).unwrap_or(TEXT), Way::Unknown),
    }
}

/// The format of a file of settings, by its first line that is no comment.
fn settings(text: &str) -> Option<&'static str> {
    let mut lines = text.lines().map(str::trim_start);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-_.\"".contains(letter);
    if let Some(list) = line.strip_prefix('[') {
        let is_table = list
            .trim_start_matches('[')
            .starts_with(|letter: char| letter.is_ascii_alphabetic());
        return Some(if is_table { TOML } else { JSON });
    }
    let (name, _) = line.split_once('=')?;
    let name = name.trim_end();
    (!name.is_empty() && name.chars().all(is_name)).then_some(TOML)
}

// SPDX-License-Identifier: BSD-2-Clause

//! Describes files that aren't images.

use crate::diagnostic::{Diagnostic, Origin};
use crate::files::kind::{FileKind, is_ours};

/// Describes the file that begins with `head`.
pub(super) fn explain(origin: Origin<'_>, head: &[u8]) -> Diagnostic {
    let (problem, remedy) = match is_ours(head) {
        true => (
            "a KaaL image that is damaged, or from another version",
            "build or copy the image again",
        ),
        false => ("not a KaaL image", "pass the file that --out named"),
    };
    let diagnostic = origin
        .diagnostic(problem)
        .expected("a file that this version's builder wrote: elf, raw, image, uimage, efi or fit")
        .remedy(remedy);
    FileKind::of(head).found_by(diagnostic)
}

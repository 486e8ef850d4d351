// SPDX-License-Identifier: BSD-2-Clause

//! Checks the boot arguments: `bootargs` in the device tree's `/chosen`.

use crate::diagnostic::{Diagnostic, Flag, Origin};

/// Longest text in bytes: the limit of Linux for Arm, without the final nul
/// (`arch/arm64/include/uapi/asm/setup.h`, `COMMAND_LINE_SIZE`). Linux reads most device trees.
const MAX_LENGTH: usize = 2047;

/// Bytes of the text to show in a message.
const SHOWN: usize = 32;

/// Encodes the text as in a device tree, with a final nul. The result is empty if there is no text.
pub(crate) fn encode(text: Option<&str>) -> Result<Vec<u8>, Diagnostic> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    if text.len() > MAX_LENGTH {
        return Err(diagnostic(text, "too long")
            .expected(format!("at most {MAX_LENGTH} bytes"))
            .found(format!("{} bytes", text.len()))
            .remedy("shorten the text"));
    }
    if let Some(place) = text.find('\0') {
        return Err(
            diagnostic(text, "contains a nul, which ends a text in a device tree")
                .expected("text without nuls")
                .found(format!("one after {place} bytes"))
                .remedy("remove the nul"),
        );
    }
    Ok([text.as_bytes(), b"\0"].concat())
}

/// The text isn't UTF-8.
pub(crate) fn not_utf_8(text: &str) -> Diagnostic {
    diagnostic(text, "not text")
        .expected("UTF-8")
        .found("invalid UTF-8")
        .remedy("write the text in ASCII")
}

fn diagnostic(text: &str, problem: &str) -> Diagnostic {
    let shown: String = text.chars().take(SHOWN).collect();
    let shown = match text.len() - shown.len() {
        0 => shown,
        _ => shown + "...",
    };
    Origin::new(Flag::Bootargs, &shown).diagnostic(problem)
}

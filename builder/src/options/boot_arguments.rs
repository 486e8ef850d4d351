// SPDX-License-Identifier: BSD-2-Clause

//! The text for `bootargs` of the device tree's `/chosen`.

use crate::diagnostic::{Diagnostic, Flag, Origin};

/// Most bytes of the text: what Linux for Arm, whose readers of device trees are the most common,
/// keeps (`arch/arm64/include/uapi/asm/setup.h`, `COMMAND_LINE_SIZE`), without a nul.
const MAX_LENGTH: usize = 2047;

/// Bytes of the text that a message shows.
const SHOWN: usize = 32;

/// The text as a device tree holds it: with a nul at its end. Empty where there is no text.
pub(crate) fn encode(text: Option<&str>) -> Result<Vec<u8>, Diagnostic> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    if text.len() > MAX_LENGTH {
        return Err(diagnostic(text, "too long")
            .expected(format!("at most {MAX_LENGTH} bytes"))
            .found(format!("{} bytes", text.len()))
            .remedy("shorten them"));
    }
    if let Some(place) = text.find('\0') {
        return Err(
            diagnostic(text, "hold a nul, which ends a text in a device tree")
                .expected("text without nuls")
                .found(format!("one behind {place} bytes"))
                .remedy("leave it out"),
        );
    }
    Ok([text.as_bytes(), b"\0"].concat())
}

/// Says what is wrong with text that is no UTF-8.
pub(crate) fn not_utf_8(text: &str) -> Diagnostic {
    diagnostic(text, "no text")
        .expected("UTF-8")
        .found("other bytes")
        .remedy("write them in ASCII")
}

fn diagnostic(text: &str, problem: &str) -> Diagnostic {
    let shown: String = text.chars().take(SHOWN).collect();
    let shown = match text.len() - shown.len() {
        0 => shown,
        _ => shown + "...",
    };
    Origin::new(Flag::Bootargs, &shown).diagnostic(problem)
}

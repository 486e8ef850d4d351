// SPDX-License-Identifier: BSD-2-Clause

//! Measures the cost of verifying an image.

use anyhow::Result;
use kaal_harness::image::{self, Inputs};
use kaal_harness::workspace::Program;

use super::figure::Figure;
use super::subject::{Subject, packed};

/// The bytes that all regions store together.
const SIZE: usize = 250_000;

/// Each means of verification, the name of its figure, and the upper limit of instructions to the kernel.
const MEANS: [(&str, &str, u64); 3] = [
    ("none", "250 KB, instr. unverified", 5_000),
    ("crc32c", "250 KB, instr. by CRC-32C", 60_000),
    ("sha256", "250 KB, instr. by SHA-256", 600_000),
];

/// The upper limit for a signed image.
const SIGNED: u64 = 1_600_000;

/// Counts the instructions to the kernel of `subject`, with a user image that makes it 250 KB.
pub(super) fn measure(subject: &Subject) -> Result<Vec<Figure>> {
    let content: Vec<u8> = (1..=u8::MAX).cycle().take(SIZE).collect();
    let inputs = subject.storing(SIZE, &content, &subject.inputs)?;
    let mut figures = Vec::new();
    for (means, what, limit) in MEANS {
        let inputs = packed(&inputs, &["--verify", means, "--symbols", "off"]);
        figures.push(subject.figure(what, subject.instructions(&inputs)?, limit));
    }
    let signed = Inputs {
        loader: subject.workspace.program(Program::SignedLoader),
        packing: image::make_keys(subject.workspace, subject.scratch.path())?,
        ..inputs
    };
    let instructions = subject.instructions(&signed)?;
    figures.push(subject.figure("250 KB, instr. if signed", instructions, SIGNED));
    Ok(figures)
}

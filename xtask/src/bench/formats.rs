// SPDX-License-Identifier: BSD-2-Clause

//! Measures the cost of images that are not ELF files.

use anyhow::Result;
use fs_err as fs;
use kaal_harness::elf;
use kaal_harness::image::Inputs;
use kaal_harness::workspace::Program;

use super::content;
use super::figure::Figure;
use super::subject::{Subject, packed};

/// The size of the user image whose unpacking is counted.
const SIZE: usize = 8 << 20;

/// Measures the unpacker, with content like that of `subject`.
pub(super) fn measure(subject: &Subject) -> Result<[Figure; 3]> {
    let unpacker = fs::read(subject.workspace.program(Program::Unpacker))?;
    let content = content::typical(subject, SIZE)?;
    let copied = instructions_per_1000(subject, &content, "none")?;
    let decompressed = instructions_per_1000(subject, &content, "lz4")?;
    let figure = |what, value, limit| Figure::new("unpacker", what, value, limit);
    Ok([
        figure("loadable bytes", elf::loadable_bytes(&unpacker)?, 18 << 10),
        figure("instr. for 1000 copied", copied, 150),
        figure("instr. for 1000 from LZ4", decompressed, 2_000),
    ])
}

/// The guest instructions per thousand bytes of user image.
fn instructions_per_1000(subject: &Subject, content: &[u8], compression: &str) -> Result<u64> {
    let count = |size| {
        let inputs = subject.with_app(&content[..size])?;
        subject.instructions(&compressed_by(&inputs, compression))
    };
    let few = 1000;
    let difference = count(SIZE)?.saturating_sub(count(few)?);
    Ok(difference * 1000 / (SIZE - few) as u64)
}

/// The size of the compressed image of `subject`.
pub(super) fn compressed(subject: &Subject) -> Result<Figure> {
    let size = |inputs: &Inputs| {
        inputs.pack(subject.workspace, &subject.image())?;
        anyhow::Ok(fs::metadata(subject.image())?.len())
    };
    let compressed = size(&compressed_by(&subject.inputs, "lz4"))?;
    let percent = (100 * compressed).div_ceil(size(&subject.inputs)?);
    Ok(subject.figure("LZ4 image, percent of ELF", percent, 60))
}

fn compressed_by(inputs: &Inputs, compression: &str) -> Inputs {
    let given = inputs.packing.iter().map(String::as_str);
    let format = ["--format", "image", "--compress", compression];
    packed(inputs, &given.chain(format).collect::<Vec<_>>())
}

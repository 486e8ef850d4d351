// SPDX-License-Identifier: BSD-2-Clause

//! What it costs that an image is not an ELF file.

use std::fs;
use std::path::Path;

use anyhow::Result;
use kaal_harness::elf;
use kaal_harness::image::Inputs;
use kaal_harness::qemu::instructions_until;
use kaal_harness::workspace::{Program, Workspace};

use super::Subject;
use super::figure::Figure;

/// Bytes that are unpacked to be counted.
const SIZE: usize = 8 << 20;

/// Where the user image is linked that holds them.
const USER_IMAGE: u64 = 0x40_0000;

mod limit {
    pub(super) const UNPACKER: u64 = 18 << 10;
    pub(super) const COPIED: u64 = 150;
    pub(super) const DECOMPRESSED: u64 = 2_000;
    pub(super) const PERCENT: u64 = 60;
}

/// Measures the unpacker, with content like that of `subject`.
pub(super) fn measure(
    workspace: &Workspace,
    subject: &Subject,
    scratch: &Path,
) -> Result<Vec<Figure>> {
    let unpacker = fs::read(workspace.program(Program::Unpacker))?;
    let per_1000 = |compression| instructions_per_1000(workspace, subject, scratch, compression);
    let figure = |what, value, limit| Figure::new("unpacker", what, value, limit);
    Ok(vec![
        figure(
            "loadable bytes",
            elf::loadable_bytes(&unpacker)?,
            limit::UNPACKER,
        ),
        figure("instr. for 1000 copied", per_1000("none")?, limit::COPIED),
        figure(
            "instr. for 1000 from LZ4",
            per_1000("lz4")?,
            limit::DECOMPRESSED,
        ),
    ])
}

/// Guest instructions that a thousand bytes more in the user image take.
fn instructions_per_1000(
    workspace: &Workspace,
    subject: &Subject,
    scratch: &Path,
    compression: &str,
) -> Result<u64> {
    let kernel = elf::entry(&fs::read(&subject.inputs.kernel)?)?;
    let content = typical_content(workspace, subject)?;
    let count = |size| {
        let app = scratch.join("app.elf");
        fs::write(&app, elf::executable(USER_IMAGE, &content[..size]))?;
        let inputs = packed(
            &Inputs {
                app,
                ..subject.inputs.clone()
            },
            compression,
        );
        let image = scratch.join("packed");
        inputs.pack(workspace, &image)?;
        instructions_until(kernel, &subject.machine, &image)
    };
    let few = 1000;
    let difference = count(SIZE)?.saturating_sub(count(few)?);
    Ok(difference * 1000 / (SIZE - few) as u64)
}

/// What programs load, again and again, each time with other values, so that it doesn't repeat itself.
fn typical_content(workspace: &Workspace, subject: &Subject) -> Result<Vec<u8>> {
    let mut once = Vec::new();
    let loader = workspace.program(Program::Loader);
    for program in [&loader, &subject.inputs.kernel, &subject.inputs.app] {
        once.extend(elf::loadable_content(&fs::read(program)?)?);
    }
    let times = (0..=u8::MAX).cycle();
    let mut content = Vec::with_capacity(SIZE + once.len());
    for time in times.take(SIZE.div_ceil(once.len())) {
        content.extend(once.iter().map(|byte| byte ^ time));
    }
    content.truncate(SIZE);
    Ok(content)
}

/// The size of a compressed image of `subject`.
pub(super) fn compressed(
    workspace: &Workspace,
    subject: &Subject,
    scratch: &Path,
) -> Result<Figure> {
    let size = |inputs: &Inputs| {
        let image = scratch.join("sized");
        inputs.pack(workspace, &image)?;
        anyhow::Ok(fs::metadata(&image)?.len())
    };
    let compressed = size(&packed(&subject.inputs, "lz4"))?;
    let percent = (100 * compressed).div_ceil(size(&subject.inputs)?);
    let what = "LZ4 image, percent of ELF";
    Ok(Figure::new(subject.name, what, percent, limit::PERCENT))
}

fn packed(inputs: &Inputs, compression: &str) -> Inputs {
    let packing = ["--format", "image", "--compress", compression].map(str::to_owned);
    Inputs {
        packing: [&packing[..], &inputs.packing].concat(),
        ..inputs.clone()
    }
}

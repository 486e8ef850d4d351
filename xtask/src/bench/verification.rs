// SPDX-License-Identifier: BSD-2-Clause

//! What it costs to verify an image before it is booted.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use kaal_harness::elf;
use kaal_harness::image::{self, Inputs};
use kaal_harness::process;
use kaal_harness::qemu::instructions_until;
use kaal_harness::workspace::{Program, Workspace};

use super::Subject;
use super::figure::Figure;

/// Bytes that all regions together store.
const SIZE: usize = 250_000;

/// Where the user image is linked.
const USER_IMAGE: u64 = 0x40_0000;

/// What is verified, and the instructions to the kernel that it may take at most.
const MEANS: [(&str, u64); 3] = [("none", 5_000), ("crc32c", 60_000), ("sha256", 600_000)];

/// What an image may take that is signed, with hashes.
const SIGNED: u64 = 2_500_000;

/// Instructions to the kernel of `subject`, with a user image that makes it 250 KB.
pub(super) fn measure(
    workspace: &Workspace,
    subject: &Subject,
    scratch: &Path,
) -> Result<Vec<Figure>> {
    let app = scratch.join("app.elf");
    let inputs = Inputs {
        app: app.clone(),
        ..subject.inputs.clone()
    };
    let write_app = |size| {
        let content: Vec<u8> = (1..=u8::MAX).cycle().take(size).collect();
        fs::write(&app, elf::executable(USER_IMAGE, &content))
    };
    let page = 4096;
    write_app(page)?;
    let small = scratch.join("small.elf");
    inputs.pack(workspace, &small)?;
    write_app(SIZE + page - image::stored_in_regions(&fs::read(small)?)?)?;
    let count = |inputs: &Inputs| {
        let image = scratch.join("verified.elf");
        inputs.pack(workspace, &image)?;
        let kernel = elf::entry(&fs::read(&inputs.kernel)?)?;
        instructions_until(kernel, &subject.machine, &image)
    };
    let mut figures = Vec::new();
    for (means, limit) in MEANS {
        let packing = ["--verify", means, "--symbols", "off"];
        let inputs = Inputs {
            packing: packing.map(str::to_owned).to_vec(),
            ..inputs.clone()
        };
        let what = match means {
            "none" => "250 KB, instr. unverified",
            "crc32c" => "250 KB, instr. by CRC-32C",
            _ => "250 KB, instr. by SHA-256",
        };
        figures.push(Figure::new(subject.name, what, count(&inputs)?, limit));
    }
    let signed = Inputs {
        loader: workspace.program(Program::SignedLoader),
        packing: keys(workspace, scratch)?,
        ..inputs
    };
    let what = "250 KB, instr. if signed";
    figures.push(Figure::new(subject.name, what, count(&signed)?, SIGNED));
    Ok(figures)
}

/// Makes keys, and returns the builder's options that sign with them.
fn keys(workspace: &Workspace, scratch: &Path) -> Result<Vec<String>> {
    let [private, public] = ["private.pem", "public.pem"].map(|name| scratch.join(name));
    let options = [("--sign-key", private), ("--trust-key", public)];
    let options: Vec<String> = options
        .into_iter()
        .flat_map(|(option, file)| [option.to_owned(), file.display().to_string()])
        .collect();
    process::run(
        Command::new(workspace.builder())
            .arg("keygen")
            .args(&options),
    )?;
    Ok(options)
}

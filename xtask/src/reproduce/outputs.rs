// SPDX-License-Identifier: BSD-2-Clause

//! Packs images of what was built, and lists all files to compare.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;
use kaal_harness::image::Inputs;
use kaal_harness::process;
use kaal_harness::qemu::Machine;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::{Program, Workspace};

use super::surroundings::Surroundings;

/// The name of each image and the builder's options for it.
const IMAGES: [(&str, &str); 8] = [
    ("image.elf", ""),
    ("image-sha256.elf", "--verify=sha256"),
    ("image.raw", "--format=raw"),
    ("image-lz4.raw", "--format=raw --compress=lz4"),
    ("image.img", "--format=image"),
    ("image-lz4.img", "--format=image --compress=lz4"),
    ("image.uimg", "--format=uimage --load-address=0x42000000"),
    (
        "image-lz4.uimg",
        "--format=uimage --load-address=0x42000000 --compress=lz4",
    ),
];

/// The programs and images of the build in `copy`: the same files in the same order for each build. `keys` are the
/// builder's options that sign an image; if there is a `kernel`, its images are also packed.
pub(super) fn collect(
    copy: &Workspace,
    surroundings: &Surroundings,
    keys: &[String],
    kernel: Option<&Kernel>,
) -> Result<Vec<PathBuf>> {
    let programs = Program::ALL.map(|program| copy.program(program));
    let mut files = programs.to_vec();
    files.push(copy.builder());

    let folder = copy.artifacts().join("reproduced");
    fs::create_dir(&folder)?;
    let inputs = Inputs::probe(copy, Program::Probe, &Machine::ordinary(), &folder)?;
    let mut pack = |inputs: &Inputs, image: PathBuf, options: &[String]| {
        let builder = inputs.command(copy, &image);
        let mut command = surroundings.surrounded(builder.get_program());
        command.args(builder.get_args()).args(options);
        process::run(&mut command)
            .with_context(|| format!("failed to pack {}", image.display()))?;
        let manifest = image.with_added_extension("json");
        files.extend([image, manifest]);
        anyhow::Ok(())
    };
    let mut pack_all = |inputs: &Inputs, folder: &Path| {
        IMAGES.iter().try_for_each(|(name, options)| {
            let options: Vec<_> = options.split_whitespace().map(str::to_owned).collect();
            pack(inputs, folder.join(name), &options)
        })
    };
    pack_all(&inputs, &folder)?;
    if let Some(kernel) = kernel {
        let folder = copy.artifacts().join("reproduced-system");
        fs::create_dir(&folder)?;
        let inputs = Inputs {
            packing: Vec::new(),
            ..kernel.inputs(copy, &copy.root_task())
        };
        pack_all(&inputs, &folder)?;
    }
    let signed = Inputs {
        loader: copy.program(Program::SignedLoader),
        ..inputs
    };
    pack(&signed, folder.join("image-signed.elf"), keys)?;
    files.extend(kernel.map(|_| copy.root_task()));
    Ok(files)
}

// SPDX-License-Identifier: BSD-2-Clause

//! All that a build leaves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use kaal_harness::image::Inputs;
use kaal_harness::process;
use kaal_harness::qemu::Machine;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::{Program, Workspace};

use super::surroundings::Surroundings;

/// The images, by name, and the builder's options for each.
const IMAGES: [(&str, &[&str]); 8] = [
    ("image.elf", &[]),
    ("image-sha256.elf", &["--verify", "sha256"]),
    ("image.raw", &["--format", "raw"]),
    ("image-lz4.raw", &["--format", "raw", "--compress", "lz4"]),
    ("image.img", &["--format", "image"]),
    ("image-lz4.img", &["--format", "image", "--compress", "lz4"]),
    ("image.uimg", &["--format", "uimage", LOAD_ADDRESS]),
    (
        "image-lz4.uimg",
        &["--format", "uimage", LOAD_ADDRESS, "--compress", "lz4"],
    ),
];

/// In the RAM of QEMU's virt machine.
const LOAD_ADDRESS: &str = "--load-address=0x42000000";

/// A pair of keys to sign images with.
pub(super) struct Keys {
    private: PathBuf,
    public: PathBuf,
}

/// Files to compare, the same ones in the same order for each build.
pub(super) struct Outputs(Vec<PathBuf>);

impl Keys {
    /// Makes a pair in `folder`, with the builder of `copy`.
    pub(super) fn new(copy: &Workspace, folder: &Path) -> Result<Self> {
        let private = folder.join("key.pem");
        let public = folder.join("key.pub.pem");
        let mut command = Command::new(copy.builder());
        command.arg("keygen").arg("--sign-key").arg(&private);
        command.arg("--trust-key").arg(&public);
        process::run(&mut command)?;
        Ok(Self { private, public })
    }
}

impl Outputs {
    /// What was built in `copy` for the target and the host, and all images of it.
    pub(super) fn of_build(
        copy: &Workspace,
        surroundings: &Surroundings,
        keys: &Keys,
    ) -> Result<Self> {
        let programs = Program::ALL.map(|program| copy.program(program));
        let mut outputs = Self([&programs[..], &[copy.builder()]].concat());
        let folder = copy.artifacts().join("reproduced");
        fs::create_dir(&folder)?;
        let machine = Machine::ordinary();
        let inputs = Inputs::probe(copy, Program::Probe, &machine, &folder)?;
        outputs.pack_all(copy, surroundings, &inputs, &folder)?;

        let signed = Inputs {
            loader: copy.program(Program::SignedLoader),
            ..inputs
        };
        let image = folder.join("image-signed.elf");
        let mut command = signed.command(copy, &image);
        command.arg("--sign-key").arg(&keys.private);
        command.arg("--trust-key").arg(&keys.public);
        outputs.pack(surroundings, &command, image)?;
        Ok(outputs)
    }

    /// Adds the root task that was built in `copy` for `kernel`, and all images of both.
    pub(super) fn add_system(
        &mut self,
        copy: &Workspace,
        surroundings: &Surroundings,
        kernel: &Kernel,
    ) -> Result<()> {
        let folder = copy.artifacts().join("reproduced-system");
        fs::create_dir(&folder)?;
        let root_task = copy.root_task();
        let inputs = Inputs {
            packing: Vec::new(),
            ..kernel.inputs(copy, &root_task)
        };
        self.0.push(root_task);
        self.pack_all(copy, surroundings, &inputs, &folder)
    }

    pub(super) fn files(&self) -> &[PathBuf] {
        &self.0
    }

    fn pack_all(
        &mut self,
        copy: &Workspace,
        surroundings: &Surroundings,
        inputs: &Inputs,
        folder: &Path,
    ) -> Result<()> {
        for (name, options) in IMAGES {
            let image = folder.join(name);
            let mut command = inputs.command(copy, &image);
            command.args(options);
            self.pack(surroundings, &command, image)?;
        }
        Ok(())
    }

    /// Runs `builder`, which writes `image`, and adds that and its manifest.
    fn pack(
        &mut self,
        surroundings: &Surroundings,
        builder: &Command,
        image: PathBuf,
    ) -> Result<()> {
        let mut command = surroundings.surrounded(builder.get_program());
        command.args(builder.get_args());
        process::run(&mut command)
            .with_context(|| format!("failed to pack {}", image.display()))?;
        let mut manifest = image.clone().into_os_string();
        manifest.push(".json");
        self.0.extend([image, manifest.into()]);
        Ok(())
    }
}

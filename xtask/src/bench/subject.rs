// SPDX-License-Identifier: BSD-2-Clause

//! An image to measure.

use std::path::PathBuf;

use anyhow::{Context, Result};
use fs_err as fs;
use kaal_harness::elf;
use kaal_harness::image::{self, Inputs};
use kaal_harness::qemu::{Machine, instructions_until};
use kaal_harness::workspace::{Program, Workspace};
use tempfile::TempDir;

use super::figure::Figure;

/// The address of user images that are made for a measurement.
const USER_IMAGE: u64 = 0x40_0000;

pub(super) struct Subject<'a> {
    pub(super) workspace: &'a Workspace,
    name: &'static str,
    pub(super) machine: Machine,
    pub(super) inputs: Inputs,
    pub(super) scratch: TempDir,
}

impl<'a> Subject<'a> {
    /// An image of `inputs` without checksums and symbols: their costs are other figures.
    pub(super) fn new(
        workspace: &'a Workspace,
        name: &'static str,
        machine: Machine,
        inputs: Inputs,
    ) -> Result<Self> {
        Ok(Self {
            workspace,
            name,
            machine,
            inputs: packed(&inputs, &["--verify", "none", "--symbols", "off"]),
            scratch: tempfile::tempdir()?,
        })
    }

    /// An image of a probe kernel.
    pub(super) fn probe(
        workspace: &'a Workspace,
        program: Program,
        machine: Machine,
    ) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let inputs = Inputs::probe(workspace, program, &machine, scratch.path())?;
        Ok(Self {
            scratch,
            ..Self::new(workspace, program.binary(), machine, inputs)?
        })
    }

    /// The file to which images are packed.
    pub(super) fn image(&self) -> PathBuf {
        self.scratch.path().join("bootimage")
    }

    pub(super) fn figure(&self, what: &'static str, value: u64, limit: u64) -> Figure {
        Figure::new(self.name, what, value, limit)
    }

    /// Packs `inputs` and counts the guest instructions until the kernel is entered.
    pub(super) fn instructions(&self, inputs: &Inputs) -> Result<u64> {
        let image = self.image();
        inputs.pack(self.workspace, &image)?;
        let kernel = elf::entry(&fs::read(&inputs.kernel)?)?;
        instructions_until(kernel, &self.machine, &image)
    }

    /// These `inputs` with a user image that is the start of `content`, so that all regions store `size` bytes together.
    pub(super) fn storing(&self, size: usize, content: &[u8], inputs: &Inputs) -> Result<Inputs> {
        const PAGE: usize = 4096;

        let with_app = |size| {
            let app = self.app(content.get(..size).context("too little content")?)?;
            let inputs = inputs.clone();
            anyhow::Ok(Inputs { app, ..inputs })
        };
        with_app(PAGE)?.pack(self.workspace, &self.image())?;
        let stored = image::stored_in_regions(&fs::read(self.image())?)?;
        with_app((size + PAGE).saturating_sub(stored))
    }

    /// The inputs with a user image that contains `content`.
    pub(super) fn with_app(&self, content: &[u8]) -> Result<Inputs> {
        Ok(Inputs {
            app: self.app(content)?,
            ..self.inputs.clone()
        })
    }

    /// Writes a user image that contains `content`.
    fn app(&self, content: &[u8]) -> Result<PathBuf> {
        let app = self.scratch.path().join("app.elf");
        fs::write(&app, elf::executable(USER_IMAGE, content))?;
        Ok(app)
    }
}

/// The inputs with other options for the builder.
pub(super) fn packed(inputs: &Inputs, options: &[&str]) -> Inputs {
    Inputs {
        packing: options.iter().copied().map(str::to_owned).collect(),
        ..inputs.clone()
    }
}

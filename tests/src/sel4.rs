// SPDX-License-Identifier: BSD-2-Clause

//! Finds an installed seL4 kernel.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::elf;
use crate::image::Inputs;
use crate::qemu::Machine;
use crate::workspace::{Program, Workspace};

/// The environment variable that names the folder that seL4 is installed in.
pub const PREFIX: &str = "SEL4_PREFIX";

/// A kernel as seL4's build installs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    prefix: PathBuf,
    entry: u64,
}

impl Kernel {
    /// The kernel that [`PREFIX`] names; `None` where the variable is not set.
    ///
    /// # Errors
    ///
    /// Fails where the variable names a folder without a kernel.
    pub fn from_environment() -> Result<Option<Self>> {
        env::var_os(PREFIX)
            .filter(|prefix| !prefix.is_empty())
            .map(|prefix| Self::installed_in(Path::new(&prefix)))
            .transpose()
    }

    fn installed_in(prefix: &Path) -> Result<Self> {
        // Programs that are given the paths may run in other folders.
        let prefix = prefix
            .canonicalize()
            .with_context(|| format!("{PREFIX}: failed to open {}", prefix.display()))?;
        for file in ["bin/kernel.elf", "support/kernel.dtb"] {
            let path = prefix.join(file);
            if !path.is_file() {
                bail!(
                    "{PREFIX}: {} expected, nothing found: name the folder that \
                     `cmake --install` put seL4 in",
                    path.display()
                );
            }
        }
        let kernel = fs::read(prefix.join("bin/kernel.elf"))?;
        let entry = elf::entry(&kernel)
            .with_context(|| format!("{PREFIX}: {}", prefix.join("bin/kernel.elf").display()))?;
        Ok(Self { prefix, entry })
    }

    /// The folder that the kernel is installed in.
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// The kernel itself, an ELF file.
    pub fn file(&self) -> PathBuf {
        self.prefix.join("bin/kernel.elf")
    }

    /// The virtual address of the kernel's first instruction.
    pub fn entry(&self) -> u64 {
        self.entry
    }

    /// Whether the kernel runs at EL2, that is, in the lower half of the address space.
    pub fn is_hypervisor(&self) -> bool {
        self.entry >> 63 == 0
    }

    /// The machine that the kernel boots on.
    pub fn machine(&self) -> Machine {
        match self.is_hypervisor() {
            true => Machine::hypervisor(),
            false => Machine::ordinary(),
        }
    }

    /// What an image of the kernel and `app` is packed from.
    pub fn inputs(&self, workspace: &Workspace, app: &Path) -> Inputs {
        Inputs {
            loader: workspace.program(Program::Loader),
            unpacker: workspace.program(Program::Unpacker),
            kernel: self.file(),
            app: app.to_owned(),
            device_tree: Some(self.prefix.join("support/kernel.dtb")),
            platform: self.first_of(&["support/platform_gen.yaml", "support/platform_gen.json"]),
            kernel_config: self.first_of(&[
                "libsel4/include/kernel/gen_config.json",
                "kernel/gen_config.json",
            ]),
            log_level: None,
        }
    }

    fn first_of(&self, files: &[&str]) -> Option<PathBuf> {
        files
            .iter()
            .map(|file| self.prefix.join(file))
            .find(|path| path.is_file())
    }
}

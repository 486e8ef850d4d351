// SPDX-License-Identifier: BSD-2-Clause

//! Finds an installed seL4 kernel.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use yaml_rust2::YamlLoader;

use crate::elf;
use crate::image::Inputs;
use crate::qemu::{Board, Machine, VIRT};
use crate::workspace::Workspace;

/// The environment variable that names the folder of an installed seL4.
pub const PREFIX: &str = "SEL4_PREFIX";

/// KaaL's root task prints this line when it has started all components. Each line of a component begins with its name,
/// so no component can print this one.
pub const READY: &str = "\nKAAL_SYSTEM_READY";

/// The possible places of the kernel's configuration.
const CONFIG: [&str; 2] = [
    "libsel4/include/kernel/gen_config.json",
    "kernel/gen_config.json",
];

/// A kernel that seL4's build has installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    prefix: PathBuf,
    entry: u64,
    config: Config,
}

/// The settings of a kernel that decide on its machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Config {
    platform: String,
    cores: u32,
    is_gicv3: bool,
    is_debug: bool,
    prints: bool,
    is_mcs: bool,
}

impl Kernel {
    /// The kernel that [`PREFIX`] names; `None` if the variable is not set.
    ///
    /// # Errors
    ///
    /// Fails if the variable names a folder without a kernel.
    pub fn from_environment() -> Result<Option<Self>> {
        env::var_os(PREFIX)
            .filter(|prefix| !prefix.is_empty())
            .map(|prefix| Self::installed_in(Path::new(&prefix)))
            .transpose()
    }

    fn installed_in(prefix: &Path) -> Result<Self> {
        for file in ["bin/kernel.elf", "support/kernel.dtb"] {
            let path = prefix.join(file);
            if !path.is_file() {
                bail!(
                    "{PREFIX}: {} expected, nothing found: name the folder that `cmake --install` \
                     put seL4 in; docs/kernel.md says how to build one",
                    path.display()
                );
            }
        }
        // Programs that get the paths may run in other folders.
        let prefix = prefix
            .canonicalize()
            .with_context(|| format!("{PREFIX}: failed to open {}", prefix.display()))?;
        let kernel = fs::read(prefix.join("bin/kernel.elf"))?;
        let entry = elf::entry(&kernel)
            .with_context(|| format!("{PREFIX}: {}", prefix.join("bin/kernel.elf").display()))?;
        let config = match first_of(&prefix, &CONFIG) {
            Some(file) => Config::read(&file)
                .with_context(|| format!("{PREFIX}: failed to read {}", file.display()))?,
            None => Config::unknown(),
        };
        Ok(Self {
            prefix,
            entry,
            config,
        })
    }

    /// The folder of the installed kernel.
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// The device tree that the kernel was built for.
    pub fn device_tree(&self) -> PathBuf {
        self.prefix.join("support/kernel.dtb")
    }

    /// The kernel itself, an ELF file.
    pub fn file(&self) -> PathBuf {
        self.prefix.join("bin/kernel.elf")
    }

    /// The virtual address of the kernel's first instruction.
    pub fn entry(&self) -> u64 {
        self.entry
    }

    /// Whether the kernel runs at EL2, in the lower half of the address space.
    pub fn is_hypervisor(&self) -> bool {
        self.entry >> 63 == 0
    }

    /// Whether the kernel has debug system calls, with which any component can halt it.
    pub fn is_debug(&self) -> bool {
        self.config.is_debug
    }

    /// Whether the kernel prints.
    pub fn prints(&self) -> bool {
        self.config.prints
    }

    /// Whether the kernel has the extensions for mixed criticality, which limit CPU time.
    pub fn is_mcs(&self) -> bool {
        self.config.is_mcs
    }

    /// The number of cores that the kernel runs on.
    pub fn cores(&self) -> usize {
        self.config.cores as usize
    }

    /// The board of the kernel; without a configuration, QEMU's virt machine.
    ///
    /// # Errors
    ///
    /// Fails if QEMU has no model of it.
    pub fn board(&self) -> Result<&'static Board> {
        Board::of(&self.config.platform).context(PREFIX)
    }

    /// The machine for the kernel.
    ///
    /// # Errors
    ///
    /// Fails like [`Self::board`].
    pub fn machine(&self) -> Result<Machine> {
        let board = self.board()?;
        if !board.is_virt() {
            return Ok(board.machine(self.is_hypervisor()));
        }
        let mut machine = match self.is_hypervisor() {
            true => Machine::hypervisor(),
            false => Machine::ordinary(),
        };
        machine.cores = self.config.cores;
        if self.config.is_gicv3 {
            machine.machine.push_str(",gic-version=3");
        }
        Ok(machine)
    }

    /// The inputs of an image of the kernel and `app`.
    pub fn inputs(&self, workspace: &Workspace, app: &Path) -> Inputs {
        Inputs {
            device_tree: Some(self.device_tree()),
            platform: first_of(
                &self.prefix,
                &["support/platform_gen.yaml", "support/platform_gen.json"],
            ),
            kernel_config: first_of(&self.prefix, &CONFIG),
            packing: self
                .board()
                .map(|board| board.format.packing())
                .unwrap_or_default(),
            ..Inputs::new(workspace, self.file(), app.to_owned())
        }
    }
}

fn first_of(prefix: &Path, files: &[&str]) -> Option<PathBuf> {
    files
        .iter()
        .map(|file| prefix.join(file))
        .find(|path| path.is_file())
}

impl Config {
    /// The assumptions without a configuration.
    fn unknown() -> Self {
        Self {
            platform: VIRT.to_owned(),
            cores: 1,
            is_gicv3: false,
            is_debug: true,
            prints: true,
            is_mcs: false,
        }
    }

    /// Reads a `gen_config.json`. JSON is YAML, too.
    fn read(file: &Path) -> Result<Self> {
        let documents = YamlLoader::load_from_str(&fs::read_to_string(file)?)?;
        let config = documents.first().context("it is empty")?;
        let flag = |key: &str| config[key].as_bool() == Some(true);
        let text = |key: &str| {
            let value = config[key].as_str();
            value.with_context(|| format!("no `{key}`"))
        };
        Ok(Self {
            platform: text("PLAT")?.to_owned(),
            cores: text("MAX_NUM_NODES")?.parse()?,
            is_gicv3: flag("ARM_GIC_V3_SUPPORT"),
            is_debug: flag("DEBUG_BUILD"),
            prints: flag("PRINTING"),
            is_mcs: flag("KERNEL_MCS"),
        })
    }
}

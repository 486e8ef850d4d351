// SPDX-License-Identifier: BSD-2-Clause

//! Packs images with the real builder.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};
use crc::{CRC_32_ISCSI, Crc};
use goblin::elf::{Elf, ProgramHeader};
use kaal_payload::{
    MAGIC, MAX_SIZE, PACKAGE_HEADER_MAX_SIZE, PACKAGE_MAGIC, PACKAGE_VERSION, Payload, Region,
    VERSION,
};
use serde::Deserialize;
use serde_json::Value;
use zerocopy::IntoBytes;

use crate::probe::{self, Expected};
use crate::process;
use crate::qemu::Machine;
use crate::workspace::{Program, Workspace};

/// The format of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// An ELF file, whose segments lie at their final addresses.
    #[default]
    Elf,
    /// A file that begins with its first instruction.
    Raw,
    /// An arm64 Linux Image.
    Image,
    /// A U-Boot image.
    Uimage,
    /// A FIT image with the device tree.
    Fit,
    /// A UEFI application.
    Efi,
}

/// The inputs of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// The loader.
    pub loader: PathBuf,
    /// The unpacker, for images that are not ELF files.
    pub unpacker: PathBuf,
    /// The UEFI stub, for images for UEFI.
    pub efi_stub: PathBuf,
    /// The kernel.
    pub kernel: PathBuf,
    /// The user image.
    pub app: PathBuf,
    /// The device tree, if one is embedded.
    pub device_tree: Option<PathBuf>,
    /// The kernel's `platform_gen.yaml` or `.json`, if it has one.
    pub platform: Option<PathBuf>,
    /// The kernel's `gen_config.json`, if it has one.
    pub kernel_config: Option<PathBuf>,
    /// The number of cores that the kernel waits for, as an option of the builder.
    pub cores: Option<u32>,
    /// The loader's log level, if not the default.
    pub log_level: Option<String>,
    /// More options of the builder, such as the image's format.
    pub packing: Vec<String>,
    /// Whether `kaal.toml` and the environment set the remaining options.
    pub has_config: bool,
}

/// The load address of U-Boot images on QEMU's virt machine.
const UIMAGE_LOAD_ADDRESS: &str = "0x44000000";

impl Format {
    /// All formats.
    pub const ALL: [Self; 6] = [
        Self::Elf,
        Self::Raw,
        Self::Image,
        Self::Uimage,
        Self::Fit,
        Self::Efi,
    ];

    /// Value of the builder's `--format`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elf => "elf",
            Self::Raw => "raw",
            Self::Image => "image",
            Self::Uimage => "uimage",
            Self::Fit => "fit",
            Self::Efi => "efi",
        }
    }

    /// The builder's options for it.
    pub fn packing(self) -> Vec<String> {
        let load_address: &[&str] = match self {
            Self::Uimage => &["--load-address", UIMAGE_LOAD_ADDRESS],
            _ => &[],
        };
        let options = [&["--format", self.name()], load_address].concat();
        options.into_iter().map(str::to_owned).collect()
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let mut formats = Self::ALL.into_iter();
        let found = formats.find(|format| format.name() == name);
        found.with_context(|| format!("no format is called {name}"))
    }
}

impl Inputs {
    /// The loader, the unpacker, and these programs.
    pub fn new(workspace: &Workspace, kernel: PathBuf, app: PathBuf) -> Self {
        Self {
            loader: workspace.program(Program::Loader),
            unpacker: workspace.program(Program::Unpacker),
            efi_stub: workspace.program(Program::EfiStub),
            kernel,
            app,
            device_tree: None,
            platform: None,
            kernel_config: None,
            cores: None,
            log_level: None,
            packing: Vec::new(),
            has_config: false,
        }
    }

    /// A probe kernel, its task and the device tree of its machine. The kernel waits for all cores of
    /// the machine.
    ///
    /// New files are in `scratch`.
    ///
    /// # Errors
    ///
    /// Fails if the programs are not built or QEMU has no such `machine`.
    pub fn probe(
        workspace: &Workspace,
        probe: Program,
        machine: &Machine,
        scratch: &Path,
    ) -> Result<Self> {
        let task = workspace.program(Program::ProbeTask);
        Self::probe_with(workspace, probe, &task, None, machine, scratch)
    }

    /// Like [`Self::probe`], with another `task`, and another device tree if one is given.
    ///
    /// # Errors
    ///
    /// Fails like [`Self::probe`], or if `task` is not an ELF file or `tree` no device tree.
    pub fn probe_with(
        workspace: &Workspace,
        probe: Program,
        task: &Path,
        tree: Option<&Path>,
        machine: &Machine,
        scratch: &Path,
    ) -> Result<Self> {
        let mut kernel = read(&workspace.program(probe))?;
        let checksum = probe::user_image_crc32c(&read(task)?)
            .with_context(|| format!("failed to read {}", task.display()))?;
        Expected::UserImageCrc32c(checksum).supply(&mut kernel)?;
        let device_tree = match tree {
            Some(tree) => tree.to_owned(),
            None => {
                let dumped = scratch.join("kernel.dtb");
                machine.dump_device_tree(&dumped)?;
                dumped
            }
        };
        let checksum = probe::device_tree_crc32c(&read(&device_tree)?)?;
        Expected::DeviceTreeCrc32c(checksum).supply(&mut kernel)?;
        Expected::Cores(machine.cores).supply(&mut kernel)?;
        let kernel_file = scratch.join(probe.file_name());
        fs::write(&kernel_file, kernel)
            .with_context(|| format!("failed to write {}", kernel_file.display()))?;

        Ok(Self {
            device_tree: Some(device_tree),
            cores: Some(machine.cores),
            ..Self::new(workspace, kernel_file, task.to_owned())
        })
    }

    /// The command that packs these inputs into `image`.
    pub fn command(&self, workspace: &Workspace, image: &Path) -> Command {
        let mut command = Command::new(workspace.builder());
        if !self.has_config {
            command.arg("--no-config");
        }
        command.arg("--loader").arg(&self.loader);
        command.arg("--unpacker").arg(&self.unpacker);
        command.arg("--efi-stub").arg(&self.efi_stub);
        command.arg("--kernel").arg(&self.kernel);
        command.arg("--app").arg(&self.app);
        command.arg("--out").arg(image);
        let optional = [
            ("--dtb", &self.device_tree),
            ("--platform", &self.platform),
            ("--kernel-config", &self.kernel_config),
        ];
        for (flag, file) in optional {
            if let Some(file) = file {
                command.arg(flag).arg(file);
            }
        }
        command.args(&self.packing);
        if let Some(cores) = self.cores {
            command.args(["--cores", &cores.to_string()]);
        }
        if let Some(level) = &self.log_level {
            command.args(["--log-level", level]);
        }
        command
    }

    /// The command that boots `image`, which was packed from these inputs, on `machine`.
    pub fn boot(&self, machine: &Machine, image: &Path) -> Command {
        let mut command = machine.booting(image);
        if let (true, Some(device_tree)) = (machine.needs_device_tree, &self.device_tree) {
            command.arg("-dtb").arg(device_tree);
        }
        command
    }

    /// Packs these inputs into `image`, and returns the builder's warnings.
    ///
    /// # Errors
    ///
    /// Fails with the builder's error.
    pub fn pack(&self, workspace: &Workspace, image: &Path) -> Result<String> {
        let output = run_builder(&mut self.command(workspace, image))?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The builder's report on the image in `file`.
///
/// # Errors
///
/// Fails if it is no image.
pub fn inspect(workspace: &Workspace, file: &Path) -> Result<Value> {
    let mut inspect = Command::new(workspace.builder());
    let output = run_builder(inspect.args(["inspect", "--json"]).arg(file))?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs `command`, which starts the builder.
///
/// # Errors
///
/// Fails with the builder's error.
pub fn run_builder(command: &mut Command) -> Result<Output> {
    let output = command.output().context("failed to start the builder")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = said.trim().trim_start_matches("error: ");
    ensure!(output.status.success(), "{reason}");
    Ok(output)
}

/// Makes a pair of keys in `folder`. Returns the builder's options that sign an image with them.
///
/// # Errors
///
/// Fails if the builder does.
pub fn make_keys(workspace: &Workspace, folder: &Path) -> Result<Vec<String>> {
    let file = |name| folder.join(name).display().to_string();
    let [private, public] = ["key.pem", "key.pub.pem"].map(file);
    let options = ["--sign-key", &private, "--trust-key", &public].map(str::to_owned);
    let mut keygen = Command::new(workspace.builder());
    process::run(keygen.arg("keygen").args(&options))?;
    Ok(options.to_vec())
}

/// The number of bytes that all regions of an image, an ELF file, store.
///
/// # Errors
///
/// Fails if the file is no image.
pub fn stored_in_regions(image: &[u8]) -> Result<usize> {
    let (_, header) = payload_header(image)?;
    let payload = Payload::parse(header.as_bytes(), crc32c)?;
    let sizes = payload.regions.iter().map(Region::file_size);
    Ok(usize::try_from(sizes.sum::<u64>())?)
}

/// The place of the payload header in an image, an ELF file, and an aligned copy of its pages. The file
/// doesn't store the zeroes at their end.
///
/// # Errors
///
/// Fails if the file is no image, or has a payload header of another version.
pub fn payload_header(image: &[u8]) -> Result<(Range<usize>, Vec<u64>)> {
    let start = [&MAGIC[..], &VERSION.to_le_bytes()].concat();
    let elf = Elf::parse(image)?;
    let mut stored = elf.program_headers.iter().map(ProgramHeader::file_range);
    let (stored, content) = stored
        .find_map(|stored| {
            let content = image.get(stored.clone())?;
            content.starts_with(&start).then_some((stored, content))
        })
        .context("no segment begins with the payload header")?;
    let mut pages = vec![0u64; MAX_SIZE / size_of::<u64>()];
    let place = pages.as_mut_bytes().get_mut(..content.len());
    place
        .context("the segment is larger than a payload header")?
        .copy_from_slice(content);
    Ok((stored, pages))
}

/// The offset of the package header in an image's file, and an aligned copy of it with what follows.
///
/// # Errors
///
/// Fails if the file is no package, or one of another version.
pub fn package_header(image: &[u8]) -> Result<(usize, Vec<u64>)> {
    let start = [&PACKAGE_MAGIC[..], &PACKAGE_VERSION.to_le_bytes()].concat();
    let mut places = image.windows(start.len());
    let offset = places.position(|place| place == start);
    let offset = offset.context("the image has no package header")?;
    let end = image.len().min(offset + PACKAGE_HEADER_MAX_SIZE);
    let mut page = vec![0u64; PACKAGE_HEADER_MAX_SIZE / size_of::<u64>()];
    page.as_mut_bytes()[..end - offset].copy_from_slice(&image[offset..end]);
    Ok((offset, page))
}

/// The checksum in headers.
pub fn crc32c(bytes: &[u8]) -> u32 {
    Crc::<u32>::new(&CRC_32_ISCSI).checksum(bytes)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("failed to read {}", file.display()))
}

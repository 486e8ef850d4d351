// SPDX-License-Identifier: BSD-2-Clause

//! Making an image: what the command does without the name of another one.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kaal_payload::{Integrity, LogLevel, PhysAddr};

use crate::finding::Finding;
use crate::manifest::{Manifest, base_name};
use crate::output::Output;
use crate::{Compression, Format, Image, Settings, Symbols, boot_arguments};

use self::files::Files;
use super::messages::{Level, Messages};
use super::{parse_count, parse_number};

mod files;

/// What an image is made of, and how.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// The KaaL loader, an ELF executable
    #[arg(long, value_name = "FILE")]
    loader: PathBuf,
    /// The unpacker, an ELF executable, for formats other than elf
    #[arg(long, value_name = "FILE")]
    unpacker: Option<PathBuf>,
    /// The seL4 kernel (kernel.elf)
    #[arg(long, value_name = "FILE")]
    kernel: PathBuf,
    /// The root task, an ELF executable
    #[arg(long, value_name = "FILE")]
    app: PathBuf,
    /// The image to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Device tree to embed; one that the firmware hands over goes first
    #[arg(long, value_name = "FILE")]
    dtb: Option<PathBuf>,
    /// Where RAM is: seL4's platform_gen.yaml or platform_gen.json
    #[arg(long, value_name = "FILE")]
    platform: Option<PathBuf>,
    /// How the kernel was configured: seL4's gen_config.json
    #[arg(long, value_name = "FILE")]
    kernel_config: Option<PathBuf>,
    /// Check that the kernel is linked for this physical address
    #[arg(long, value_name = "ADDRESS", value_parser = parse_number)]
    kernel_paddr: Option<u64>,
    /// How many cores the kernel waits for [default: what --kernel-config says, else 1]
    #[arg(long, value_name = "NUMBER", value_parser = parse_count)]
    cores: Option<u32>,
    /// Put the root task so far behind the kernel's first byte in physical memory
    #[arg(long, value_name = "BYTES", value_parser = parse_number)]
    app_offset: Option<u64>,
    /// The format of the image
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    /// How the image stores content; not for elf
    #[arg(long, value_enum, value_name = "METHOD", default_value_t)]
    compress: Compression,
    /// Where the image is loaded to: needed for uimage, checked for raw and image
    #[arg(long, value_name = "ADDRESS", value_parser = parse_number)]
    load_address: Option<u64>,
    /// How much the loader says
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    log_level: Verbosity,
    /// What the loader verifies before it enters the kernel [default: crc32c; sha256 with --trust-key]
    #[arg(long, value_enum, value_name = "CHECK")]
    verify: Option<Verification>,
    /// Whether reports of faults name functions of kernel and loader
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    symbols: Symbols,
    /// Let the loader, one for signed images, boot only those signed with this key, a PEM file
    #[arg(long, value_name = "FILE")]
    trust_key: Option<PathBuf>,
    /// Let the loader refuse images of a version below this one
    #[arg(long, value_name = "NUMBER", requires = "trust_key", value_parser = parse_number, default_value_t)]
    min_version: u64,
    /// Sign the image with this key, a PEM file
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
    /// The image's version, which is signed
    #[arg(long, value_name = "NUMBER", value_parser = parse_number, default_value_t)]
    image_version: u64,
    /// What `bootargs` of the device tree's /chosen is to say
    #[arg(long, value_name = "TEXT")]
    bootargs: Option<OsString>,
    /// Write no manifest beside the image, which tells what it was made of
    #[arg(long)]
    no_manifest: bool,
    /// Print what lies where in the image, and its measurement
    #[arg(short, long)]
    verbose: bool,
}

/// Values of `--log-level`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Verbosity {
    /// Only why it stopped
    Error,
    /// One line
    #[default]
    Info,
    /// Also the machine and each region
    Debug,
}

/// Values of `--verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Verification {
    /// Nothing: the fewest instructions
    None,
    /// A CRC-32C of itself and of each region: finds damage
    Crc32c,
    /// A SHA-256 of each
    Sha256,
}

impl From<Verbosity> for LogLevel {
    fn from(verbosity: Verbosity) -> Self {
        match verbosity {
            Verbosity::Error => Self::Error,
            Verbosity::Info => Self::Info,
            Verbosity::Debug => Self::Debug,
        }
    }
}

impl From<Verification> for Integrity {
    fn from(verification: Verification) -> Self {
        match verification {
            Verification::None => Self::None,
            Verification::Crc32c => Self::Crc32c,
            Verification::Sha256 => Self::Sha256,
        }
    }
}

impl Arguments {
    /// What the loader verifies.
    fn integrity(&self) -> Integrity {
        match (self.verify, &self.trust_key) {
            (Some(verification), _) => verification.into(),
            (None, None) => Integrity::Crc32c,
            (None, Some(_)) => Integrity::Sha256,
        }
    }
}

/// Makes the image that `arguments` ask for. Warnings and the memory map go to standard error.
///
/// # Errors
///
/// Returns what is wrong with the inputs or the output; then nothing has been written.
pub(super) fn run(arguments: &Arguments, messages: Messages) -> Result<(), Finding> {
    let files = Files::read(arguments)?;
    let boot_arguments = arguments
        .bootargs
        .as_ref()
        .map(|text| {
            let not_utf_8 = || boot_arguments::not_utf_8(&text.to_string_lossy());
            text.to_str().ok_or_else(not_utf_8)
        })
        .transpose()?;
    let output = Output::new(&arguments.out, !arguments.no_manifest);
    output.check(&files.by_flag())?;

    let settings = Settings {
        kernel_paddr: arguments.kernel_paddr.map(PhysAddr),
        cores: arguments.cores,
        app_offset: arguments.app_offset,
        format: arguments.format,
        compression: arguments.compress,
        load_address: arguments.load_address.map(PhysAddr),
        log_level: arguments.log_level.into(),
        integrity: arguments.integrity(),
        symbols: arguments.symbols,
        boot_arguments,
        image_version: arguments.image_version,
        least_version: arguments.min_version,
    };
    let image = Image::build(&files.inputs(settings))?;
    for warning in &image.warnings {
        messages.write(Level::Warning, warning);
    }
    if arguments.verbose {
        messages.write_note(&image.memory_map.to_string());
        if let Some(map) = &image.file_map {
            messages.write_note(&map.to_string());
        }
        let measurement = hexadecimal(&image.measurement);
        messages.write_note(&format!("measurement (SHA-256): {measurement}"));
    }
    output.write(&image.file, || {
        let name = base_name(&arguments.out);
        Manifest::new(name, &image, files.identities(), &settings).to_json()
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

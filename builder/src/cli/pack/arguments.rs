// SPDX-License-Identifier: BSD-2-Clause

//! The options for making an image.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use kaal_payload::{Integrity, LogLevel, PhysAddr};

use super::super::parse_number;
use crate::diagnostic::{Diagnostic, Flag};
use crate::format::{Compression, Format};
use crate::options::choices::{CHECKS, Choice, LOG_LEVELS};
use crate::options::{KernelDtb, Settings, Symbols, boot_arguments};

/// The options for making an image.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// KaaL loader (ELF file)
    #[arg(long, value_name = "FILE")]
    pub(super) loader: PathBuf,
    /// Unpacker (ELF file), needed for all formats but elf
    #[arg(long, value_name = "FILE")]
    pub(super) unpacker: Option<PathBuf>,
    /// UEFI stub (ELF file), needed for the format efi
    #[arg(long, value_name = "FILE")]
    pub(super) efi_stub: Option<PathBuf>,
    /// seL4 kernel (kernel.elf); with --microkit, to compare it and for its symbols
    #[arg(long, value_name = "FILE")]
    pub(super) kernel: Option<PathBuf>,
    /// Root task (ELF file)
    #[arg(long, value_name = "FILE")]
    pub(super) app: Option<PathBuf>,
    /// Microkit's image (loader.img), instead of kernel and root task
    #[arg(long, value_name = "FILE")]
    pub(super) microkit: Option<PathBuf>,
    /// Folder of Microkit's SDK, which has kernels and the files of their builds [default: MICROKIT_SDK]
    #[arg(long, value_name = "FOLDER")]
    pub(super) sdk: Option<PathBuf>,
    /// Board in the SDK, for --kernel, --kernel-config and --platform
    #[arg(long, value_name = "BOARD")]
    pub(super) board: Option<String>,
    /// Configuration of the board in the SDK, such as debug
    #[arg(long, value_name = "NAME")]
    pub(super) sdk_config: Option<String>,
    /// Image to write
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// Device tree of the machine; one from the firmware takes precedence, except in signed images
    #[arg(long, value_name = "FILE")]
    pub(super) dtb: Option<PathBuf>,
    /// Device tree that the kernel gets [default: firmware; none with --microkit]
    #[arg(long, value_enum, value_name = "WHICH")]
    pub(super) kernel_dtb: Option<KernelDtb>,
    /// RAM of the kernel's platform: seL4's platform_gen.yaml or platform_gen.json
    #[arg(long, value_name = "FILE")]
    pub(super) platform: Option<PathBuf>,
    /// Configuration of the kernel: seL4's gen_config.json
    #[arg(long, value_name = "FILE")]
    pub(super) kernel_config: Option<PathBuf>,
    /// Check that the kernel is linked for this physical address
    #[arg(long, value_name = "ADDRESS", value_parser = parse_number::<u64>)]
    pub(super) kernel_paddr: Option<u64>,
    /// Number of cores that the kernel waits for [default: as in --kernel-config, else 1]
    #[arg(long, value_name = "NUMBER", value_parser = parse_number::<u32>)]
    pub(super) cores: Option<u32>,
    /// Physical offset of the root task from the kernel
    #[arg(long, value_name = "BYTES", value_parser = parse_number::<u64>)]
    pub(super) app_offset: Option<u64>,
    /// Format of the image
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) format: Format,
    /// Compression of the content; not for elf
    #[arg(long, value_enum, value_name = "METHOD", default_value_t)]
    pub(super) compress: Compression,
    /// Address that the boot loader loads the image to: required for uimage, checked for raw and image
    #[arg(long, value_name = "ADDRESS", value_parser = parse_number::<u64>)]
    pub(super) load_address: Option<u64>,
    /// Name of the key that mkimage signs the FIT image with; needs --format fit
    #[arg(long, value_name = "NAME")]
    pub(super) fit_key_name: Option<String>,
    /// How much the loader prints
    #[arg(long, value_name = "LEVEL", value_parser = parser(&LOG_LEVELS), default_value = "info")]
    pub(super) log_level: LogLevel,
    /// Digests that the loader compares before it enters the kernel [default: crc32c; sha256 with --trust-key]
    #[arg(long, value_name = "CHECK", value_parser = parser(&CHECKS))]
    pub(super) verify: Option<Integrity>,
    /// Whether fault reports name functions of kernel and loader
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub(super) symbols: Symbols,
    /// Public key (PEM file); a loader for signed images boots only images signed by it
    #[arg(long, value_name = "FILE")]
    pub(super) trust_key: Option<PathBuf>,
    /// Another public key (PEM file) that the loader trusts, while one key replaces the other; needs --trust-key
    #[arg(long, value_name = "FILE")]
    pub(super) next_key: Option<PathBuf>,
    /// Oldest image version that the loader boots; needs --trust-key
    #[arg(long, value_name = "NUMBER", value_parser = parse_number::<u64>, default_value_t)]
    pub(super) min_version: u64,
    /// Private key to sign the image with (PEM file)
    #[arg(long, value_name = "FILE")]
    pub(super) sign_key: Option<PathBuf>,
    /// Version of the image, covered by the signature
    #[arg(long, value_name = "NUMBER", value_parser = parse_number::<u64>, default_value_t)]
    pub(super) image_version: u64,
    /// Text of `bootargs` in the device tree's /chosen
    #[arg(long, value_name = "TEXT")]
    pub(super) bootargs: Option<OsString>,
    /// Write no manifest beside the image
    #[arg(long)]
    pub(super) no_manifest: bool,
    /// Print the memory map and the measurement of the image
    #[arg(short, long)]
    pub(super) verbose: bool,
    /// Print no line about the new image on a terminal
    #[arg(short, long)]
    pub(super) quiet: bool,
}

impl Arguments {
    /// The digests that the loader compares.
    fn integrity(&self) -> Integrity {
        match (self.verify, &self.trust_key) {
            (Some(integrity), _) => integrity,
            (None, None) => Integrity::Crc32c,
            (None, Some(_)) => Integrity::Sha256,
        }
    }

    /// The settings, which are all options but the files.
    pub(super) fn settings(&self) -> Result<Settings<'_>, Diagnostic> {
        let not_utf_8 = |text: &OsString| boot_arguments::not_utf_8(&text.to_string_lossy());
        Ok(Settings {
            kernel_paddr: self.kernel_paddr.map(PhysAddr),
            cores: self.cores,
            app_offset: self.app_offset,
            kernel_dtb: self.kernel_dtb,
            format: self.format,
            compression: self.compress,
            load_address: self.load_address.map(PhysAddr),
            fit_key_name: self.fit_key_name.as_deref(),
            log_level: self.log_level,
            integrity: self.integrity(),
            symbols: self.symbols,
            boot_arguments: match &self.bootargs {
                Some(text) => Some(text.to_str().ok_or_else(|| not_utf_8(text))?),
                None => None,
            },
            image_version: self.image_version,
            min_version: self.min_version,
        })
    }

    /// The input files and their options.
    pub(super) fn files(&self) -> Vec<(Flag, &Path)> {
        let loader = (Flag::Loader, self.loader.as_path());
        [loader].into_iter().chain(self.other_files()).collect()
    }

    /// The input files that not every image needs.
    pub(super) fn other_files(&self) -> impl Iterator<Item = (Flag, &Path)> {
        let others = [
            (Flag::Kernel, &self.kernel),
            (Flag::App, &self.app),
            (Flag::Microkit, &self.microkit),
            (Flag::Unpacker, &self.unpacker),
            (Flag::EfiStub, &self.efi_stub),
            (Flag::Dtb, &self.dtb),
            (Flag::Platform, &self.platform),
            (Flag::KernelConfig, &self.kernel_config),
            (Flag::TrustKey, &self.trust_key),
            (Flag::NextKey, &self.next_key),
            (Flag::SignKey, &self.sign_key),
        ];
        let others = others.into_iter();
        others.filter_map(|(flag, path)| Some((flag, path.as_deref()?)))
    }
}

/// A parser for one of `choices`.
fn parser<T: Copy + Send + Sync>(
    choices: &'static [Choice<T>],
) -> impl TypedValueParser<Value = T> {
    let values = choices
        .iter()
        .map(|(_, name, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(values).try_map(|given| {
        let mut choices = choices.iter();
        let choice = choices.find(|(_, name, _)| *name == given);
        choice.map(|(value, ..)| *value).ok_or("not a value")
    })
}

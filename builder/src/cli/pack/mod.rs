// SPDX-License-Identifier: BSD-2-Clause

//! Makes an image, which the builder does without a subcommand.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use kaal_payload::{Integrity, LogLevel, PhysAddr};

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::bounded;
use crate::format::digest::hexadecimal;
use crate::format::{Compression, Format};
use crate::image::Image;
use crate::manifest::{self, Built};
use crate::options::choices::{CHECKS, Choice, LOG_LEVELS};
use crate::options::{self, Given, KernelDtb, Keys, Settings, Symbols, boot_arguments};

use self::files::Files;
use super::config::Configuration;
use super::messages::Messages;
use super::output::Output;
use super::{FAILED, Failure, USAGE, parse_number};

mod files;
mod success;

/// The options for making an image.
#[derive(Clone, Debug, Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// KaaL loader (ELF file)
    #[arg(long, value_name = "FILE")]
    loader: PathBuf,
    /// Unpacker (ELF file), needed for all formats but elf
    #[arg(long, value_name = "FILE")]
    unpacker: Option<PathBuf>,
    /// UEFI stub (ELF file), needed for the format efi
    #[arg(long, value_name = "FILE")]
    efi_stub: Option<PathBuf>,
    /// seL4 kernel (kernel.elf)
    #[arg(long, value_name = "FILE")]
    kernel: PathBuf,
    /// Root task (ELF file)
    #[arg(long, value_name = "FILE")]
    app: PathBuf,
    /// Image to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Device tree of the machine; one from the firmware takes precedence, except in signed images
    #[arg(long, value_name = "FILE")]
    dtb: Option<PathBuf>,
    /// Device tree that the kernel gets [default: firmware]
    #[arg(long, value_enum, value_name = "WHICH")]
    kernel_dtb: Option<KernelDtb>,
    /// RAM of the kernel's platform: seL4's platform_gen.yaml or platform_gen.json
    #[arg(long, value_name = "FILE")]
    platform: Option<PathBuf>,
    /// Configuration of the kernel: seL4's gen_config.json
    #[arg(long, value_name = "FILE")]
    kernel_config: Option<PathBuf>,
    /// Check that the kernel is linked for this physical address
    #[arg(long, value_name = "ADDRESS", value_parser = parse_number::<u64>)]
    kernel_paddr: Option<u64>,
    /// Number of cores that the kernel waits for [default: as in --kernel-config, else 1]
    #[arg(long, value_name = "NUMBER", value_parser = parse_number::<u32>)]
    cores: Option<u32>,
    /// Physical offset of the root task from the kernel
    #[arg(long, value_name = "BYTES", value_parser = parse_number::<u64>)]
    app_offset: Option<u64>,
    /// Format of the image
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    /// Compression of the content; not for elf
    #[arg(long, value_enum, value_name = "METHOD", default_value_t)]
    compress: Compression,
    /// Address that the boot loader loads the image to: required for uimage, checked for raw and image
    #[arg(long, value_name = "ADDRESS", value_parser = parse_number::<u64>)]
    load_address: Option<u64>,
    /// Name of the key that mkimage signs the FIT image with; needs --format fit
    #[arg(long, value_name = "NAME")]
    fit_key_name: Option<String>,
    /// How much the loader prints
    #[arg(long, value_name = "LEVEL", value_parser = parser(&LOG_LEVELS), default_value = "info")]
    log_level: LogLevel,
    /// Digests that the loader compares before it enters the kernel [default: crc32c; sha256 with --trust-key]
    #[arg(long, value_name = "CHECK", value_parser = parser(&CHECKS))]
    verify: Option<Integrity>,
    /// Whether fault reports name functions of kernel and loader
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    symbols: Symbols,
    /// Public key (PEM file); a loader for signed images boots only images signed by it
    #[arg(long, value_name = "FILE")]
    trust_key: Option<PathBuf>,
    /// Another public key (PEM file) that the loader trusts, while one key replaces the other; needs --trust-key
    #[arg(long, value_name = "FILE")]
    next_key: Option<PathBuf>,
    /// Oldest image version that the loader boots; needs --trust-key
    #[arg(long, value_name = "NUMBER", value_parser = parse_number::<u64>, default_value_t)]
    min_version: u64,
    /// Private key to sign the image with (PEM file)
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
    /// Version of the image, covered by the signature
    #[arg(long, value_name = "NUMBER", value_parser = parse_number::<u64>, default_value_t)]
    image_version: u64,
    /// Text of `bootargs` in the device tree's /chosen
    #[arg(long, value_name = "TEXT")]
    bootargs: Option<OsString>,
    /// Write no manifest beside the image
    #[arg(long)]
    no_manifest: bool,
    /// Print the memory map and the measurement of the image
    #[arg(short, long)]
    verbose: bool,
    /// Print no line about the new image on a terminal
    #[arg(short, long)]
    quiet: bool,
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
    fn settings(&self) -> Result<Settings<'_>, Diagnostic> {
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
    fn files(&self) -> Vec<(Flag, &Path)> {
        let required = [
            (Flag::Loader, self.loader.as_path()),
            (Flag::Kernel, &self.kernel),
            (Flag::App, &self.app),
        ];
        required.into_iter().chain(self.other_files()).collect()
    }

    /// The input files that not every image needs.
    fn other_files(&self) -> impl Iterator<Item = (Flag, &Path)> {
        let others = [
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

/// Makes the image that `arguments` describe. Warnings and the memory map go to standard error.
///
/// # Errors
///
/// Returns what is wrong with the arguments, the inputs or the output. Then nothing has been written.
pub(super) fn run(
    arguments: &Arguments,
    configuration: &Configuration,
    messages: Messages,
) -> Result<(), Failure> {
    let settings = arguments.settings().map_err(Failure::usage)?;
    let wrong = options::check(
        &settings,
        &Given {
            unpacker: arguments.unpacker.is_some(),
            efi_stub: arguments.efi_stub.is_some(),
            device_tree: arguments.dtb.is_some(),
            keys: Keys {
                trust_key: arguments.trust_key.as_deref(),
                next_key: arguments.next_key.as_deref(),
                sign_key: arguments.sign_key.as_deref(),
            },
        },
    );
    Failure::check(USAGE, wrong)?;
    let inputs = arguments.files();
    let origins = inputs.iter().map(|(flag, path)| Origin::new(*flag, path));
    let unreadable = origins.filter_map(|origin| bounded::check(origin).err());
    Failure::check(FAILED, unreadable.collect())?;
    let files = Files::read(arguments)?;
    let remedy = "choose another name for the image, or add --no-manifest";
    let output = Output::new(&arguments.out, !arguments.no_manifest, remedy);
    output.check(&inputs)?;

    let image = Image::of_checked(&files.inputs(settings))?;
    for warning in configuration.name_sources(image.warnings.clone()) {
        messages.write("warning", &warning);
    }
    if arguments.verbose {
        messages.write_note(&image.memory_map.to_string());
        if image.kernel_dtb == KernelDtb::None {
            messages.write_note("the kernel gets no device tree");
        }
        if let Some(map) = &image.file_map {
            messages.write_note(&map.to_string());
        }
        let measurement = hexadecimal(&image.measurement);
        messages.write_note(&format!("measurement (SHA-256): {measurement}"));
    }
    output.write(&image.file, || {
        let built = Built {
            file: &image.file,
            facts: &image.facts,
            memory_map: &image.memory_map,
            file_map: image.file_map.as_ref(),
        };
        let inputs = files.identities();
        Ok(manifest::built(&arguments.out, &built, &inputs, &settings))
    })?;
    if !arguments.quiet && messages == Messages::Human && io::stderr().is_terminal() {
        let without_signature = arguments.trust_key.is_some() && arguments.sign_key.is_none();
        messages.write_note(&success::line(&arguments.out, &image, without_signature));
    }
    Ok(())
}

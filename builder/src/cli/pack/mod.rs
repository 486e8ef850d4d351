// SPDX-License-Identifier: BSD-2-Clause

//! Making an image: what the command does without the name of another one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use kaal_payload::{Integrity, LogLevel, PhysAddr};

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::bounded;
use crate::format::{Compression, Format};
use crate::image::Image;
use crate::manifest::{self, Built, hexadecimal};
use crate::options::choices::{CHECKS, Choice, LOG_LEVELS};
use crate::options::{Options, Settings, Symbols, boot_arguments};

use self::files::Files;
use super::config::Configuration;
use super::messages::Messages;
use super::output::Output;
use super::{FAILED, Failure, USAGE, parse_number};

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
    #[arg(long, value_name = "ADDRESS", value_parser = parse_number::<u64>)]
    kernel_paddr: Option<u64>,
    /// How many cores the kernel waits for [default: what --kernel-config says, else 1]
    #[arg(long, value_name = "NUMBER", value_parser = parse_number::<u32>)]
    cores: Option<u32>,
    /// Put the root task so far behind the kernel's first byte in physical memory
    #[arg(long, value_name = "BYTES", value_parser = parse_number::<u64>)]
    app_offset: Option<u64>,
    /// The format of the image
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    /// How the image stores content; not for elf
    #[arg(long, value_enum, value_name = "METHOD", default_value_t)]
    compress: Compression,
    /// Where the image is loaded to: needed for uimage, checked for raw and image
    #[arg(long, value_name = "ADDRESS", value_parser = parse_number::<u64>)]
    load_address: Option<u64>,
    /// How much the loader says
    #[arg(long, value_name = "LEVEL", value_parser = parser(&LOG_LEVELS), default_value = "info")]
    log_level: LogLevel,
    /// What the loader verifies before it enters the kernel [default: crc32c; sha256 with --trust-key]
    #[arg(long, value_name = "CHECK", value_parser = parser(&CHECKS))]
    verify: Option<Integrity>,
    /// Whether reports of faults name functions of kernel and loader
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    symbols: Symbols,
    /// Let the loader, one for signed images, boot only those signed with this key, a PEM file
    #[arg(long, value_name = "FILE")]
    trust_key: Option<PathBuf>,
    /// Let the loader refuse images of a version below this one
    #[arg(long, value_name = "NUMBER", value_parser = parse_number::<u64>, default_value_t)]
    min_version: u64,
    /// Sign the image with this key, a PEM file
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,
    /// The image's version, which is signed
    #[arg(long, value_name = "NUMBER", value_parser = parse_number::<u64>, default_value_t)]
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

impl Arguments {
    /// What the loader verifies.
    fn integrity(&self) -> Integrity {
        match (self.verify, &self.trust_key) {
            (Some(integrity), _) => integrity,
            (None, None) => Integrity::Crc32c,
            (None, Some(_)) => Integrity::Sha256,
        }
    }

    /// What is not in files.
    fn settings(&self) -> Result<Settings<'_>, Diagnostic> {
        let not_utf_8 = |text: &OsString| boot_arguments::not_utf_8(&text.to_string_lossy());
        Ok(Settings {
            kernel_paddr: self.kernel_paddr.map(PhysAddr),
            cores: self.cores,
            app_offset: self.app_offset,
            format: self.format,
            compression: self.compress,
            load_address: self.load_address.map(PhysAddr),
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

    /// The input files by their options.
    fn files(&self) -> Vec<(Flag, &Path)> {
        let required = [
            (Flag::Loader, self.loader.as_path()),
            (Flag::Kernel, &self.kernel),
            (Flag::App, &self.app),
        ];
        required.into_iter().chain(self.other_files()).collect()
    }

    /// Those that not every image needs.
    fn other_files(&self) -> impl Iterator<Item = (Flag, &Path)> {
        let others = [
            (Flag::Unpacker, &self.unpacker),
            (Flag::Dtb, &self.dtb),
            (Flag::Platform, &self.platform),
            (Flag::KernelConfig, &self.kernel_config),
            (Flag::TrustKey, &self.trust_key),
            (Flag::SignKey, &self.sign_key),
        ];
        let others = others.into_iter();
        others.filter_map(|(flag, path)| Some((flag, path.as_deref()?)))
    }
}

/// Reads one of `choices`.
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

/// Makes the image that `arguments` from `sources` ask for. Warnings and the memory map go to standard error.
///
/// # Errors
///
/// Returns what is wrong with the arguments, the inputs or the output; then nothing has been written.
pub(super) fn run(
    arguments: &Arguments,
    configuration: &Configuration,
    messages: Messages,
) -> Result<(), Failure> {
    let settings = arguments.settings().map_err(Failure::usage)?;
    let options = Options {
        settings,
        has_unpacker: arguments.unpacker.is_some(),
        trust_key: arguments.trust_key.as_deref(),
        sign_key: arguments.sign_key.as_deref(),
    };
    Failure::check(USAGE, options.check())?;
    let inputs = arguments.files();
    let origins = inputs.iter().map(|(flag, path)| Origin::new(*flag, path));
    let unreadable = origins.filter_map(|origin| bounded::check(origin).err());
    Failure::check(FAILED, unreadable.collect())?;
    let files = Files::read(arguments)?;
    let remedy = "choose another name for the image, or give --no-manifest";
    let output = Output::new(&arguments.out, !arguments.no_manifest, remedy);
    output.check(&inputs)?;

    let image = Image::build(&files.inputs(settings))?;
    for warning in configuration.name_sources(image.warnings.clone()) {
        messages.warning(&warning);
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
        let (image, inputs) = (Built::from(&image), files.identities());
        Ok(manifest::built(&arguments.out, &image, &inputs, &settings))
    })?;
    Ok(())
}

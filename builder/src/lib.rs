// SPDX-License-Identifier: BSD-2-Clause

//! Packs a seL4 kernel, a root task and the KaaL loader into one bootable image.
//!
//! An image is an ELF executable whose segments lie at their final physical addresses, so that
//! nothing is left to move at boot: the loader is relocated here, and the translation tables that
//! the kernel is entered with are made here. What the kernel would check as it boots, and say
//! little about, is checked here, in words.
//!
//! [`Image::build`] goes through it in three steps, without any I/O:
//!
//! ```text
//!  read    parts      loader, kernel, user_image (all through elf); device_tree, platform;
//!                      cores, functions
//!  plan    placement  plan, memory; tables, symbols
//!  emit    emit       content, measurement, chunk, executable; memory_map
//! ```
//!
//! [`Opened`] is the way back: it takes an image's file apart and verifies it; `diff` compares two.
//!
//! `cli` is the command line around it; `manifest` tells of an image what it was made of.
//!
//! An image is made of files that have been read:
//!
//! ```no_run
//! use std::path::Path;
//!
//! use kaal_elfloader_builder::{File, Image, Inputs};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let loader = std::fs::read("elfloader.elf")?;
//! let kernel = std::fs::read("kernel.elf")?;
//! let app = std::fs::read("root-task.elf")?;
//! let file = |name, content| File { path: Path::new(name), content };
//! let image = Image::build(&Inputs::new(
//!     file("elfloader.elf", &loader),
//!     file("kernel.elf", &kernel),
//!     file("root-task.elf", &app),
//! ))?;
//! std::fs::write("bootimage.elf", &image.file)?;
//! # Ok(())
//! # }
//! ```
//!
//! An image's file can be taken apart, and be verified to the last bit:
//!
//! ```
//! use std::path::Path;
//!
//! use kaal_elfloader_builder::kaal_payload::{PhysAddr, VirtAddr};
//! use kaal_elfloader_builder::{File, Image, Inputs, Opened, Settings};
//!
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/example/programs.rs"));
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (loader, kernel, app) = (loader(), kernel(), app());
//! let file = |name, content| File { path: Path::new(name), content };
//! let image = Image::build(&Inputs {
//!     settings: Settings { boot_arguments: Some("quiet"), ..Settings::default() },
//!     ..Inputs::new(
//!         file("elfloader.elf", &loader),
//!         file("kernel.elf", &kernel),
//!         file("root-task.elf", &app),
//!     )
//! })?;
//!
//! let opened = Opened::open(file("bootimage.elf", &image.file))?;
//! opened.verify()?;
//! assert_eq!(opened.payload().kernel_entry, VirtAddr(0xffff_ff80_4000_0000));
//! assert_eq!(opened.payload().boot_arguments, b"quiet\0");
//! assert_eq!(image.memory_map.entries()[0].memory.start, PhysAddr(0x4000_0000));
//! # Ok(())
//! # }
//! ```
//!
//! What is wrong is told by a [`Finding`]:
//!
//! ```
//! use std::path::Path;
//!
//! use kaal_elfloader_builder::{File, Flag, Opened};
//!
//! let file = File { path: Path::new("notes.txt"), content: b"no image" };
//! let finding = Opened::open(file).expect_err("no image");
//! assert_eq!(finding.flag(), Flag::Image);
//! assert_eq!(finding.value(), Path::new("notes.txt"));
//! let details = finding.details();
//! assert_eq!(
//!     finding.to_string(),
//!     format!(
//!         "image notes.txt: {}\n  expected: {}\n  found: {}\n  remedy: {}",
//!         details.problem, details.expected, details.found, details.remedy
//!     )
//! );
//! ```
//!
//! Bad input is an error, never a panic.
//!
//! Versions follow Semantic Versioning, for the types of [`kaal_payload`] as well, which this library hands out: a change
//! of the payload header that changes them is a breaking one. Its bytes may change with any release, since loader and
//! builder are of one. New fields of [`Inputs`] and [`Settings`] are no breaking change: take those that you don't set
//! from [`Inputs::new`] and `Settings::default`. The text of messages may change at any time.

#![forbid(unsafe_code)]

#[doc(hidden)]
pub mod cli;
mod diagnostic;
mod diff;
mod elf;
mod emit;
mod explain;
mod files;
mod format;
mod image;
pub mod image_reader;
mod inspect;
mod layout;
mod manifest;
mod memory;
mod options;
mod parts;
pub mod rules;
mod sel4;
mod signing;

use std::path::Path;

use kaal_payload::{Integrity, LogLevel, PhysAddr};

pub use diagnostic::{Details, Finding, Flag};
pub use elf::functions::Functions;
pub use format::{Compression, FileMap, Format, Piece};
pub use image::Image;
pub use image_reader::Opened;
pub use kaal_payload;
pub use layout::memory_map::{Entry, MemoryMap};
pub use parts::symbols::Symbols;

/// A file that has been read.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name, for messages and the memory map only.
    pub path: &'a Path,
    /// Its content.
    pub content: &'a [u8],
}

/// What an image is made of.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The KaaL loader: an ELF executable.
    pub loader: File<'a>,
    /// The unpacker, an ELF executable, for formats that need one.
    pub unpacker: Option<File<'a>>,
    /// The seL4 kernel: an ELF executable.
    pub kernel: File<'a>,
    /// The root task: an ELF executable.
    pub app: File<'a>,
    /// A flattened device tree to embed.
    pub device_tree: Option<File<'a>>,
    /// seL4's `platform_gen.yaml` or `.json`: where RAM is.
    pub platform: Option<File<'a>>,
    /// seL4's `gen_config.json`.
    pub kernel_config: Option<File<'a>>,
    /// The kernel's functions, if its symbols may be wanted.
    pub kernel_functions: Option<&'a Functions>,
    /// The loader's.
    pub loader_functions: Option<&'a Functions>,
    /// The public key, in PEM, that the loader is to trust: one for signed images.
    pub trust_key: Option<File<'a>>,
    /// The private key, in PEM (PKCS #8), to sign the image with; without one, it remains to be signed.
    pub sign_key: Option<File<'a>>,
    /// What is not in files.
    pub settings: Settings<'a>,
}

impl<'a> Inputs<'a> {
    /// The files that every image is made of; there is nothing else, and all settings are as by default.
    pub fn new(loader: File<'a>, kernel: File<'a>, app: File<'a>) -> Self {
        Self {
            loader,
            unpacker: None,
            kernel,
            app,
            device_tree: None,
            platform: None,
            kernel_config: None,
            kernel_functions: None,
            loader_functions: None,
            trust_key: None,
            sign_key: None,
            settings: Settings::default(),
        }
    }
}

/// What can be chosen of an image.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The physical address that the kernel must be linked for, if that is to be checked.
    pub kernel_paddr: Option<PhysAddr>,
    /// The number of cores that the kernel waits for, if its configuration isn't given or that is to
    /// be checked.
    pub cores: Option<u32>,
    /// Offset in bytes of the root task from the kernel in physical memory, if it isn't free.
    pub app_offset: Option<u64>,
    /// The format of the image's file.
    pub format: Format,
    /// How it stores content.
    pub compression: Compression,
    /// The address that the file is loaded to, if it is known.
    pub load_address: Option<PhysAddr>,
    /// How much the loader says.
    pub log_level: LogLevel,
    /// What the loader verifies before it enters the kernel.
    pub integrity: Integrity,
    /// Whether it holds the names of addresses in kernel and loader, for reports of faults.
    pub symbols: Symbols,
    /// What `bootargs` of the device tree's `/chosen` is to say; `None` to leave it as it is.
    pub boot_arguments: Option<&'a str>,
    /// The image's version, below 2^53.
    pub image_version: u64,
    /// The least version that a loader for signed images boots, below 2^53.
    pub least_version: u64,
}

impl Default for Settings<'_> {
    /// What the command line does without options.
    fn default() -> Self {
        Self {
            kernel_paddr: None,
            cores: None,
            app_offset: None,
            format: Format::default(),
            compression: Compression::default(),
            load_address: None,
            log_level: LogLevel::Info,
            integrity: Integrity::Crc32c,
            symbols: Symbols::default(),
            boot_arguments: None,
            image_version: 0,
            least_version: 0,
        }
    }
}

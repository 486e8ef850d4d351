// SPDX-License-Identifier: BSD-2-Clause

//! Packs a seL4 kernel, a root task and the KaaL loader into one bootable image.
//!
//! An image is an ELF executable whose segments lie at their final physical addresses, so that
//! nothing is left to move at boot: the loader is relocated here, and the translation tables that
//! the kernel is entered with are made here. What the kernel would check as it boots, and say
//! little about, is checked here, in words.
//!
//! [`Image::build`] goes through it in three steps, without any I/O: it reads the parts, plans where they lie and
//! emits the file. [`ImageReader`] is the way back: it takes an image's file apart and verifies it.
//!
//! Each module is a room. It imports none but those that are listed below it:
//!
//! - `cli`: the command line, and what each command does
//! - `image`: from inputs to an image: read, plan, emit
//! - `inspect`: shows what an image is: as text, as JSON and as a picture
//! - `diff`: how two images differ
//! - `explain`: which functions the addresses in a log belong to
//! - `emit`: writes an image as planned, and packages
//! - `manifest`: what is written beside an image
//! - `rules`: what must be true of an image so that it boots
//! - `layout`: where everything lies: plan, placement, page tables, memory map
//! - `parts`: loader, kernel, user image, device tree, platform and cores, each read and checked by itself
//! - `signing`: keys and signatures
//! - `image_reader`: takes an image's file apart, verifies it, and recognises other files
//! - `options`: what an image is made of, what can be chosen, and what options ask of each other
//! - `sel4`: what a seL4 kernel does with its memory as it boots
//! - `format`: what the bytes of an image's file mean
//! - `files`: reads and writes files
//! - `elf`: reads ELF files
//! - `memory`: sets of addresses, and what lies at them
//! - `diagnostic`: the one shape of all errors and warnings
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
//! use kaal_elfloader_builder::{File, Image, Inputs, ImageReader, Settings};
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
//! let opened = ImageReader::open(file("bootimage.elf", &image.file))?;
//! opened.verify()?;
//! assert_eq!(opened.payload().kernel_entry, VirtAddr(0xffff_ff80_4000_0000));
//! assert_eq!(opened.payload().boot_arguments, b"quiet\0");
//! assert_eq!(image.memory_map.entries()[0].memory.start, PhysAddr(0x4000_0000));
//! # Ok(())
//! # }
//! ```
//!
//! What is wrong is told by a [`Diagnostic`]:
//!
//! ```
//! use std::path::Path;
//!
//! use kaal_elfloader_builder::{File, Flag, ImageReader};
//!
//! let file = File { path: Path::new("notes.txt"), content: b"no image" };
//! let diagnostic = ImageReader::open(file).expect_err("no image");
//! assert_eq!(diagnostic.flag(), Flag::Image);
//! assert_eq!(diagnostic.value(), Path::new("notes.txt"));
//! let details = diagnostic.details();
//! assert_eq!(
//!     diagnostic.to_string(),
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
// The page of a room is its mod.rs.
#![warn(clippy::self_named_module_files)]

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

pub use diagnostic::{Details, Diagnostic, Flag};
pub use files::File;
pub use format::{Compression, FileMap, FileMapEntry, Format};
pub use image::Image;
pub use image_reader::ImageReader;
pub use kaal_payload;
pub use layout::memory_map::{Entry, MemoryMap};
pub use options::{Inputs, Settings, Symbols};

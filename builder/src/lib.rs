// SPDX-License-Identifier: BSD-2-Clause

//! Packs a seL4 kernel, a root task and the KaaL loader into one bootable image.
//!
//! An image is an ELF executable whose segments lie at their final physical addresses, or a package
//! of such segments. The builder relocates the loader and makes the page tables that the kernel starts
//! with, so that the loader need not. It also predicts the kernel's boot, because a kernel that can't boot
//! says little.
//!
//! [`Image::build`] reads the parts, plans their places and writes the file, without any I/O.
//! [`ImageReader`] reads an image's file back and verifies it.
//!
//! Each module imports only modules that are listed below it:
//!
//! - `cli`: the command line
//! - `image`: builds an image: read, plan, emit
//! - `inspect`: shows an image as text, as JSON and as a picture
//! - `diff`: compares two images
//! - `explain`: names the functions at addresses in a log
//! - `emit`: writes an image by its plan
//! - `manifest`: writes the manifest of an image
//! - `rules`: checks the conditions for a boot
//! - `layout`: places all parts: plan, placement, page tables, memory map
//! - `parts`: reads and checks loader, kernel, user image, device tree, platform and cores
//! - `signing`: keys and signatures
//! - `image_reader`: reads and verifies images
//! - `options`: the inputs and settings of an image, and checks of options
//! - `files`: reads and writes files, and tells what they are
//! - `sel4`: predicts what seL4's boot code does with memory
//! - `format`: the formats of image files
//! - `elf`: reads ELF files
//! - `memory`: sets of addresses and their content
//! - `diagnostic`: errors and warnings
//! - `printable`: escapes control characters in text from outside
//!
//! Build an image from files in memory:
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
//! [`Image`], [`ImageReader`] and [`Diagnostic`] have tested examples.
//!
//! Bad input is an error, never a panic.
//!
//! Versions follow Semantic Versioning, also for the types of [`kaal_payload`], which are part of this
//! interface. The bytes of a payload header may change with any release, because loader and builder belong
//! to one release. New fields of [`Inputs`] and [`Settings`] are no breaking change: take the fields that you
//! don't set from [`Inputs::new`] and `Settings::default`. Messages may change at any time.

#![forbid(unsafe_code)]
// Each module with a folder has its page in `mod.rs`.
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
mod printable;
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
pub use options::{Inputs, KernelDtb, Settings, Symbols, System};

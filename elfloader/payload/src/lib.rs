// SPDX-License-Identifier: BSD-2-Clause

//! The contract between the image builder and the loader.
//!
//! The loader is built without a kernel and without a board. All that differs from image to
//! image stands in a *payload header*, which the builder writes to the first page boundary
//! behind the loader and which the loader reads there:
//!
//! ```text
//!  loader's load address                          page boundary
//!  |                                              |
//!  v                                              v
//!  +--------------+----------+-----------------+--+--------+---------+------+--
//!  | text (r-x)   | rodata   | data, bss, stack|  | Header | Regions | Cpus | …
//!  +--------------+----------+-----------------+--+--------+---------+------+--
//! ```
//!
//! Both sides use [`Payload`]: the builder calls [`Payload::encode`], the loader
//! [`Payload::parse`]. What `parse` accepts is well-formed; whether it fits the machine is for
//! the loader to check.
//!
//! Where an image is not an ELF file, an unpacker brings all this about before the loader runs; a
//! [`Package`] header tells it how.
//!
//! Numbers are little-endian, addresses and sizes are in bytes. Unused bytes are zero.

#![no_std]
#![forbid(unsafe_code)]

mod address;
mod digest;
mod header;
mod layout;
mod machine;
mod number;
mod package;
mod payload;
mod settings;
mod signing;
mod symbols;

pub use address::{PAGE_SIZE, PhysAddr, PhysRange, VirtAddr};
pub use digest::Digest;
pub use header::{
    HeaderError, MAGIC, PACKAGE_MAGIC, PACKAGE_VERSION, PackageError, PayloadError, VERSION,
};
pub use layout::{
    ConstantPart, Cpu, DeviceTreeSlot, LOADER_NOTE_NAME, LOADER_NOTE_TYPE, Measurement, Region,
    UserImage,
};
pub use number::{Decimal, Hex, KeyId, Text};
pub use package::{
    Chunk, HEADER_ALIGNMENT, LOCATOR_OFFSET, Locator, PACKAGE_END, PACKAGE_HEADER_MAX_SIZE,
    Package, Place, ROOM_SIZE, Scratch, Stored, TABLES_SIZE, UNPACKER_NOTE_TYPE, UnpackStep,
    package_header_size, slot_size,
};
pub use payload::{LOADER_MAX_SIZE, MAX_SIZE, Payload, SIGNED_FROM, TranslationTables};
pub use settings::{
    AccessSize, Console, ConsoleKind, Encoding, ExceptionLevel, Gic, Integrity, LogLevel,
    MAX_CORES, Machine, PhysicalAddressBits, PsciConduit, RegionKind,
};
pub use signing::{
    PublicKey, SIGNED_CONTEXT, Signature, TRUST_NOTE_TYPE, TrustAnchor, key_id, signed_message,
};
pub use symbols::{DistanceSize, Symbol, encode_symbol};

// SPDX-License-Identifier: BSD-2-Clause

//! The contract of builder, loader, unpacker and UEFI stub: payload headers and package headers.
//!
//! The loader is built without knowing kernel or board. Everything that differs between images is in the *payload
//! header*. The builder writes it at the first page boundary after the loader, and the loader reads it there:
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
//! The builder calls [`Payload::encode`], the loader [`Payload::parse`]. `parse` accepts only well-formed headers;
//! the loader checks whether they fit the machine.
//!
//! If the image is not an ELF file, an unpacker first creates this memory, as a [`Package`] header says.
//!
//! Numbers are little-endian; addresses and sizes are in bytes; unused bytes are zero.

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
mod places;
mod settings;
mod signing;
mod symbols;

pub use address::{PAGE_SIZE, PhysAddr, PhysRange, VirtAddr};
pub use digest::Digest;
pub use header::{
    HeaderError, MAGIC, PACKAGE_MAGIC, PACKAGE_VERSION, PackageError, PayloadError, VERSION,
};
pub use layout::{
    ConstantPart, Cpu, DeviceTreeSlot, LOADER_NOTE_NAME, LOADER_NOTE_TYPE, Measurement,
    RELOCATIONS_NOTE_TYPE, Region, UserImage,
};
pub use number::{Decimal, Hex, KeyId, Text};
pub use package::{
    Chunk, HEADER_ALIGNMENT, LOCATOR_OFFSET, Locator, PACKAGE_END, PACKAGE_HEADER_MAX_SIZE,
    Package, Place, ROOM_SIZE, STUB_NOTE_TYPE, Scratch, Stored, StubHead, TABLES_SIZE, TpmEvent,
    UNPACKER_NOTE_TYPE, UefiHeaders, UnpackStep, package_header_size, slot_size,
};
pub use payload::{LOADER_MAX_SIZE, MAX_SIZE, Payload, SIGNED_FROM, TranslationTables};
pub use settings::{
    AccessSize, Console, ConsoleKind, Encoding, ExceptionLevel, Gic, Integrity, LogLevel,
    MAX_CORES, Machine, PhysicalAddressBits, PsciConduit, RegionKind,
};
pub use signing::{
    MAX_KEYS, PublicKey, SIGNED_CONTEXT, Signature, TRUST_NOTE_TYPE, TrustAnchor, key_id,
    signed_message,
};
pub use symbols::{DistanceSize, Symbol, encode_symbol};

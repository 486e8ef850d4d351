// SPDX-License-Identifier: BSD-2-Clause

//! The contract of builder and unpacker.
//!
//! The file of an image that is not an ELF file lies in memory as a whole, at an address that only the firmware knows.
//! It is called a *package*, and begins with the unpacker:
//!
//! ```text
//!  load address: any page, in RAM or flash
//!  |
//!  v
//!  +---------------------------+--------+--------+--------------+-- --+--------------+-----+
//!  | unpacker, without its bss | Header | Chunks | stored bytes | …   | stored bytes | end |
//!  +---------------------------+--------+--------+--------------+-- --+--------------+-----+
//! ```
//!
//! The unpacker first moves itself to one of four slots in the memory that the builder keeps free ([`Scratch`]). Then
//! it fills the destination of each [`Chunk`], and enters the loader.

mod layout;
mod parse;
mod scratch;
mod stub;
mod tpm;
mod unpack_steps;

pub use layout::{
    Chunk, HEADER_ALIGNMENT, Locator, PACKAGE_END, PACKAGE_HEADER_MAX_SIZE, Stored,
    UNPACKER_NOTE_TYPE,
};
pub use parse::{LOCATOR_OFFSET, Package, package_header_size};
pub use scratch::{Place, ROOM_SIZE, Scratch, TABLES_SIZE, slot_size};
pub use stub::{STUB_NOTE_TYPE, StubHead, UefiHeaders};
pub use tpm::TpmEvent;
pub use unpack_steps::UnpackStep;

// SPDX-License-Identifier: BSD-2-Clause

//! The bytes of a package header.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::layout::Preamble;
use crate::machine::MachineFields;
use crate::{Encoding, PAGE_SIZE, PhysAddr, PhysRange};

/// The last bytes of a package. They show that all of it was loaded.
pub const PACKAGE_END: [u8; 8] = *b"KaaLend.";

/// Type of the ELF note that marks an unpacker. Its owner is [`crate::LOADER_NOTE_NAME`], its content the unpacker's
/// [`crate::PACKAGE_VERSION`].
pub const UNPACKER_NOTE_TYPE: u32 = 2;

/// Alignment in bytes of the header, which follows the unpacker, and of the package's end.
pub const HEADER_ALIGNMENT: u64 = 16;

/// Largest size in bytes of a header with its chunks. A slot reserves a page for it.
pub const PACKAGE_HEADER_MAX_SIZE: usize = PAGE_SIZE as usize;

/// The fixed part of a package header. `chunk_count` [`Chunk`]s follow.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Header {
    /// Magic number, version and checksum.
    pub(crate) preamble: Preamble,
    /// The part that the unpacker needs before it has a stack and can compute the checksum.
    pub(crate) locator: Locator,
    /// Size of the header and its chunks.
    pub(crate) length: u32,
    /// Number of chunks.
    pub(crate) chunk_count: u32,
    /// The loader's entry point.
    pub(crate) entry: PhysAddr,
    /// The machine, from the embedded device tree.
    pub(crate) machine: MachineFields,
    /// [`crate::LogLevel`]
    pub(crate) log_level: u8,
    /// [`crate::Integrity`]
    pub(crate) integrity: u8,
    /// Zero.
    pub(crate) reserved: [u8; 2],
    /// CRC-32C of the bytes of the package before the header.
    pub(crate) unpacker_checksum: u32,
}

/// Where the unpacker may work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Locator {
    /// [`crate::Scratch::start`]
    pub work_start: PhysAddr,
    /// [`crate::Scratch::slot_size`]
    pub slot_size: u64,
    /// Size in bytes of the package.
    pub package_size: u64,
    /// Complement of the exclusive or of the other fields.
    pub check: u64,
}

impl Locator {
    pub(crate) const fn new(work_start: PhysAddr, slot_size: u64, package_size: u64) -> Self {
        Self {
            work_start,
            slot_size,
            package_size,
            check: !(work_start.0 ^ slot_size ^ package_size),
        }
    }
}

/// How the package stores a chunk's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Offset from the package's first byte.
    pub offset: u64,
    /// Number of bytes.
    pub size: u64,
    /// Their encoding.
    pub encoding: Encoding,
    /// Their CRC-32C.
    pub checksum: u32,
}

/// A piece of memory that the unpacker fills before it enters the loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Chunk {
    /// First address.
    destination: PhysAddr,
    /// Size in memory; the bytes after `size` are zero.
    memory_size: u64,
    /// Size of the content.
    size: u64,
    /// Offset of the stored bytes from the package's first byte.
    stored_offset: u64,
    /// Number of stored bytes.
    stored_size: u64,
    /// CRC-32C of the stored bytes.
    checksum: u32,
    /// [`Encoding`]
    encoding: u8,
    /// Zero.
    reserved: [u8; 3],
}

impl Chunk {
    /// A chunk whose first `size` bytes are stored as `stored` says; the rest of `memory` is zero.
    pub const fn new(memory: PhysRange, size: u64, stored: Stored) -> Self {
        Self {
            destination: memory.start,
            memory_size: memory.size(),
            size,
            stored_offset: stored.offset,
            stored_size: stored.size,
            checksum: stored.checksum,
            encoding: stored.encoding as u8,
            reserved: [0; 3],
        }
    }

    /// First address of the content in memory.
    pub const fn destination(&self) -> PhysAddr {
        self.destination
    }

    /// Size in bytes of the content.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// How the content is stored.
    pub fn stored(&self) -> Stored {
        Stored {
            offset: self.stored_offset,
            size: self.stored_size,
            encoding: Encoding::from_wire(self.encoding).unwrap_or(Encoding::Identity),
            checksum: self.checksum,
        }
    }

    /// The memory of the chunk, if [`crate::Package::parse`] accepted it.
    pub fn memory(&self) -> PhysRange {
        PhysRange::new(self.destination, self.memory_size)
    }

    /// The memory after the content, which is zero.
    pub(crate) fn zeroes(&self) -> PhysRange {
        PhysRange {
            start: PhysAddr(self.destination.0.wrapping_add(self.size)),
            end: self.memory().end,
        }
    }

    /// Whether this version knows the chunk's encoding, and its sizes agree.
    pub(crate) fn is_well_formed(&self) -> bool {
        let is_whole = self.destination.0.checked_add(self.memory_size).is_some()
            && self.stored_offset.checked_add(self.stored_size).is_some();
        let fits = match Encoding::from_wire(self.encoding) {
            Some(Encoding::Identity) => self.size == self.stored_size,
            Some(Encoding::Lz4) => true,
            None => false,
        };
        let is_filled = self.memory_size > 0 && self.size <= self.memory_size;
        is_whole && is_filled && fits && self.reserved == [0; 3]
    }
}

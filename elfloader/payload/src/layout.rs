// SPDX-License-Identifier: BSD-2-Clause

//! The bytes of a payload header.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::{PhysAddr, PhysRange, RegionKind, VirtAddr};

#[cfg(target_endian = "big")]
compile_error!("payload headers are little-endian, and are written as they lie in memory");

/// The first bytes of a payload header.
pub const MAGIC: [u8; 8] = *b"KaaLboot";

/// The version of the contract that this crate describes.
pub const VERSION: u32 = 1;

/// Owner of the ELF note that marks a loader.
pub const LOADER_NOTE_NAME: &str = "KaaL";

/// Type of the ELF note that marks a loader; its content is the loader's [`VERSION`].
pub const LOADER_NOTE_TYPE: u32 = 1;

/// [`Region::source`] of a region that already lies at its destination.
pub(crate) const IN_PLACE: u64 = u64::MAX;

/// [`Region::encoding`] of a region that is stored as it is.
pub(crate) const ENCODING_IDENTITY: u8 = 0;

/// The fixed part of a payload header; `region_count` [`Region`]s follow it.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Header {
    /// [`MAGIC`]
    pub(crate) magic: [u8; 8],
    /// [`VERSION`]
    pub(crate) version: u32,
    /// CRC-32C of all bytes from `length` on.
    pub(crate) checksum: u32,
    /// Size of the header and its regions.
    pub(crate) length: u32,
    /// Number of regions.
    pub(crate) region_count: u32,
    /// [`crate::ExceptionLevel`]
    pub(crate) exception_level: u8,
    /// [`crate::LogLevel`]
    pub(crate) log_level: u8,
    /// [`crate::Integrity`]
    pub(crate) integrity: u8,
    /// [`crate::PhysicalAddressBits`]
    pub(crate) physical_address_bits: u8,
    /// Number of cores that the kernel waits for.
    pub(crate) cores: u32,
    /// Where the loader's first byte must lie.
    pub(crate) load_address: PhysAddr,
    /// The kernel's entry point.
    pub(crate) kernel_entry: VirtAddr,
    /// User image: first page.
    pub(crate) user_start: PhysAddr,
    /// User image: behind its last page.
    pub(crate) user_end: PhysAddr,
    /// User image: physical minus virtual address, modulo 2^64.
    pub(crate) user_pv_offset: u64,
    /// User image: entry point.
    pub(crate) user_entry: VirtAddr,
    /// Device tree slot: start.
    pub(crate) dtb_start: PhysAddr,
    /// Device tree slot: size of the embedded device tree, 0 where there is none.
    pub(crate) dtb_size: u64,
    /// Device tree slot: room for the firmware's.
    pub(crate) dtb_capacity: u64,
    /// Root of the lower address range's tables (`TTBR0_EL1` or `TTBR0_EL2`).
    pub(crate) ttbr0: PhysAddr,
    /// Root of the upper address range's tables (`TTBR1_EL1`); 0 at EL2.
    pub(crate) ttbr1: PhysAddr,
    /// Embedded device tree's console: registers.
    pub(crate) console_base: PhysAddr,
    /// Embedded device tree's GICv2: distributor.
    pub(crate) gic_distributor: PhysAddr,
    /// Embedded device tree's GICv2: CPU interface; 0 where there is no GICv2.
    pub(crate) gic_cpu_interface: PhysAddr,
    /// Embedded device tree's console: [`crate::ConsoleKind`], or 0.
    pub(crate) console_kind: u8,
    /// Embedded device tree's PSCI: [`crate::PsciConduit`], or 0.
    pub(crate) psci_conduit: u8,
    /// Zero.
    pub(crate) reserved: [u8; 6],
}

/// A piece of memory that must have its content before the kernel is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Region {
    /// Where the content belongs.
    destination: PhysAddr,
    /// Where the content is stored: all ones for "in place".
    source: u64,
    /// Size of the stored content.
    file_size: u64,
    /// Size in memory; what passes `file_size` is zero.
    memory_size: u64,
    /// CRC-32C of the stored content.
    checksum: u32,
    /// How the content is stored: 0 for "as it is".
    encoding: u8,
    /// [`RegionKind`]
    kind: u8,
    /// Zero.
    reserved: [u8; 2],
}

impl Region {
    /// A region whose first `file_size` bytes whatever loads the image puts to `memory`'s start,
    /// zeroing the rest of it, as is done for a `PT_LOAD` of an ELF file.
    pub const fn in_place(
        kind: RegionKind,
        memory: PhysRange,
        file_size: u64,
        checksum: u32,
    ) -> Self {
        Self {
            destination: memory.start,
            source: IN_PLACE,
            file_size,
            memory_size: memory.size(),
            checksum,
            encoding: ENCODING_IDENTITY,
            kind: kind as u8,
            reserved: [0; 2],
        }
    }

    /// What the region holds; `None` in a region that [`crate::Payload::parse`] refuses.
    pub const fn kind(&self) -> Option<RegionKind> {
        RegionKind::from_wire(self.kind)
    }

    /// The memory that the region takes; `None` in a region that [`crate::Payload::parse`]
    /// refuses.
    pub fn memory(&self) -> Option<PhysRange> {
        PhysRange::from_size(self.destination, self.memory_size)
    }

    /// Number of stored bytes at the start of [`Self::memory`].
    pub const fn file_size(&self) -> u64 {
        self.file_size
    }

    /// CRC-32C of the stored bytes.
    pub const fn checksum(&self) -> u32 {
        self.checksum
    }

    /// Whether source and encoding are ones that this version of the contract knows.
    pub(crate) const fn is_supported(&self) -> bool {
        self.source == IN_PLACE
            && self.encoding == ENCODING_IDENTITY
            && self.reserved[0] == 0
            && self.reserved[1] == 0
    }
}

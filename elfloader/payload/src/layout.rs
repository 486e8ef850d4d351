// SPDX-License-Identifier: BSD-2-Clause

//! The bytes of a payload header.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::machine::MachineFields;
use crate::{Digest, PhysAddr, PhysRange, RegionKind, Signature, VirtAddr};

#[cfg(target_endian = "big")]
compile_error!("payload headers are little-endian, and are written as they lie in memory");

/// Owner of the ELF note that marks a loader.
pub const LOADER_NOTE_NAME: &str = "KaaL";

/// Type of the ELF note that marks a loader; its content is the loader's [`crate::VERSION`].
pub const LOADER_NOTE_TYPE: u32 = 1;

/// The start of payload and package headers.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Preamble {
    /// [`crate::MAGIC`] as a number, because the compiler would compare bytes one by one.
    pub(crate) magic: u64,
    /// [`crate::VERSION`]
    pub(crate) version: u32,
    /// CRC-32C of all bytes behind it.
    pub(crate) checksum: u32,
}

/// The fixed part of a payload header; `region_count` [`Region`]s follow it, `cpu_count` [`Cpu`]s
/// and the boot arguments, with zeroes up to a multiple of 8 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Header {
    /// Magic number, version and checksum
    pub(crate) preamble: Preamble,
    /// Signature of all bytes from `length` on; zero where there is none.
    pub(crate) signature: Signature,
    /// Size of the header and of what follows it.
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
    /// Number of [`Cpu`]s.
    pub(crate) cpu_count: u32,
    /// Length of the boot arguments.
    pub(crate) boot_arguments_length: u32,
    /// Version of what is booted.
    pub(crate) image_version: u64,
    /// [`crate::Payload::key_id`]
    pub(crate) key_id: u64,
    /// Where the loader's first byte must lie.
    pub(crate) load_address: PhysAddr,
    /// What the loader verifies of itself.
    pub(crate) loader: ConstantPart,
    /// The kernel's entry point.
    pub(crate) kernel_entry: VirtAddr,
    /// The user image.
    pub(crate) user_image: UserImage,
    /// The device tree's place.
    pub(crate) device_tree: DeviceTreeSlot,
    /// Root of the lower address range's tables (`TTBR0_EL1` or `TTBR0_EL2`).
    pub(crate) ttbr0: PhysAddr,
    /// Root of the upper address range's tables (`TTBR1_EL1`); 0 at EL2.
    pub(crate) ttbr1: PhysAddr,
    /// What the embedded device tree says of the machine.
    pub(crate) machine: MachineFields,
    /// [`crate::Payload::measurement`]
    pub(crate) measurement: Measurement,
}

/// A SHA-256.
pub type Measurement = [u8; 32];

/// The part of the loader that is the same in the file and whenever it runs: code and constants.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct ConstantPart {
    /// Its size in bytes, from the loader's first byte on.
    pub size: u64,
    /// What tells it from others.
    pub digest: Digest,
}

/// The user image (the root task) as the kernel is told of it
/// (seL4 16.0.0, `src/arch/arm/64/head.S`, x0 to x3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct UserImage {
    /// Its pages.
    pub memory: PhysRange,
    /// Physical minus virtual address, modulo 2^64.
    pub pv_offset: u64,
    /// Its entry point.
    pub entry: VirtAddr,
}

/// The memory that the kernel's device tree lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct DeviceTreeSlot {
    /// Its start.
    pub start: PhysAddr,
    /// Size of the embedded device tree; 0 where none is embedded.
    pub size: u64,
    /// Bytes that a firmware's device tree may take in its stead.
    pub capacity: u64,
}

/// A core of the machine.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Cpu {
    /// Its MPIDR_EL1, affinity fields only, as the `reg` of its device tree node has them.
    pub mpidr: u64,
    /// `cpu-release-addr`, if its `enable-method` is `spin-table`, else 0.
    pub release_address: PhysAddr,
}

/// A piece of memory that must have its content before the kernel is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Region {
    /// Where the content belongs.
    destination: PhysAddr,
    /// Size of the stored content.
    file_size: u64,
    /// Size in memory; what passes `file_size` is zero.
    memory_size: u64,
    /// [`Digest`] of the stored content.
    digest: Digest,
    /// [`RegionKind`]
    kind: u8,
    /// Zero.
    reserved: [u8; 7],
}

impl Region {
    /// A region whose first `file_size` bytes whatever loads the image puts to `memory`'s start,
    /// zeroing the rest of it, as is done for a `PT_LOAD` of an ELF file.
    pub const fn new(kind: RegionKind, memory: PhysRange, file_size: u64, digest: Digest) -> Self {
        Self {
            destination: memory.start,
            file_size,
            memory_size: memory.size(),
            digest,
            kind: kind as u8,
            reserved: [0; 7],
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

    /// [`Digest`] of the stored bytes.
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Whether the bytes without meaning are zero.
    pub(crate) fn is_clean(&self) -> bool {
        self.reserved == [0; 7]
    }
}

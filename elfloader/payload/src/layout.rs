// SPDX-License-Identifier: BSD-2-Clause

//! The bytes of a payload header.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::machine::MachineFields;
use crate::{Digest, PhysAddr, PhysRange, RegionKind, Signature, VirtAddr};

#[cfg(target_endian = "big")]
compile_error!("payload headers are little-endian, and are written as they lie in memory");

/// Owner of the ELF notes that mark loaders and unpackers.
pub const LOADER_NOTE_NAME: &str = "KaaL";

/// Type of the ELF note that marks a loader. Its content is the loader's [`crate::VERSION`].
pub const LOADER_NOTE_TYPE: u32 = 1;

/// Type of the ELF note that names the relocations of a loader or an unpacker. Its content is the offset and the size
/// in bytes of their table (System V ABI, `SHT_RELR`).
pub const RELOCATIONS_NOTE_TYPE: u32 = 4;

/// The start of payload and package headers.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Preamble {
    /// [`crate::MAGIC`], as a number: the compiler would compare bytes one by one.
    pub(crate) magic: u64,
    /// [`crate::VERSION`]
    pub(crate) version: u32,
    /// CRC-32C of all bytes after it.
    pub(crate) checksum: u32,
}

/// The fixed part of a payload header. `region_count` [`Region`]s, `cpu_count` [`Cpu`]s and the boot arguments
/// follow, then zeroes up to a multiple of 8 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Header {
    /// Magic number, version and checksum.
    pub(crate) preamble: Preamble,
    /// Signature of all bytes from `length` on; zero if the image is not signed.
    pub(crate) signature: Signature,
    /// Size of the header with all that follows it.
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
    /// Version of the image, against rollbacks.
    pub(crate) image_version: u64,
    /// [`crate::Payload::key_id`]
    pub(crate) key_id: u64,
    /// Address that the loader was built for.
    pub(crate) load_address: PhysAddr,
    /// What the loader verifies of itself.
    pub(crate) loader: ConstantPart,
    /// The kernel's entry point.
    pub(crate) kernel_entry: VirtAddr,
    /// The user image.
    pub(crate) user_image: UserImage,
    /// The device tree's place.
    pub(crate) device_tree: DeviceTreeSlot,
    /// Root of the page tables of the lower address range (`TTBR0_EL1` or `TTBR0_EL2`).
    pub(crate) ttbr0: PhysAddr,
    /// Root of the page tables of the upper address range (`TTBR1_EL1`); 0 at EL2.
    pub(crate) ttbr1: PhysAddr,
    /// The machine, from the embedded device tree.
    pub(crate) machine: MachineFields,
    /// [`crate::Payload::measurement`]
    pub(crate) measurement: Measurement,
    /// [`crate::Payload::package`]
    pub(crate) package: Measurement,
}

/// The SHA-256 that an image is measured by.
pub type Measurement = [u8; 32];

/// The loader's code and constants, which never change: neither in the file nor while the loader runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct ConstantPart {
    /// Size in bytes, from the loader's first byte on.
    pub size: u64,
    /// Its digest.
    pub digest: Digest,
}

/// The user image (the root task), as the kernel expects it in x0 to x3 (seL4 16.0.0,
/// `src/arch/arm/64/head.S`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct UserImage {
    /// Its pages.
    pub memory: PhysRange,
    /// Physical minus virtual address, modulo 2^64.
    pub pv_offset: u64,
    /// Its entry point.
    pub entry: VirtAddr,
}

/// The memory for the kernel's device tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct DeviceTreeSlot {
    /// Its start.
    pub start: PhysAddr,
    /// Size of the embedded device tree; 0 if there is none.
    pub size: u64,
    /// Bytes available for a device tree. If there are no more than the embedded one takes, the kernel gets no other.
    pub capacity: u64,
}

impl DeviceTreeSlot {
    /// Whether a device tree from the firmware replaces the embedded one.
    pub fn takes_another(&self) -> bool {
        self.capacity > self.size
    }
}

/// A core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Cpu {
    /// MPIDR_EL1, affinity fields only, as in `reg` of its device tree node.
    pub mpidr: u64,
    /// `cpu-release-addr` if the `enable-method` is `spin-table`, else 0.
    pub release_address: PhysAddr,
}

impl Cpu {
    /// Whether the core polls a word that overlaps `memory`.
    pub fn polls(&self, memory: PhysRange) -> bool {
        let start = self.release_address;
        start != PhysAddr(0) && memory.overlaps(PhysRange::new(start, size_of::<u64>() as u64))
    }
}

/// A piece of memory whose content the loader verifies before it enters the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct Region {
    /// First address.
    destination: PhysAddr,
    /// Size of the stored content.
    file_size: u64,
    /// Size in memory; the bytes after `file_size` are zero.
    memory_size: u64,
    /// [`Digest`] of the stored content.
    digest: Digest,
    /// [`RegionKind`]
    kind: u8,
    /// Zero.
    reserved: [u8; 7],
}

impl Region {
    /// A region whose first `file_size` bytes are stored in the image. As with a `PT_LOAD` of an ELF file, the program
    /// that loads the image copies them to the start of `memory` and zeroes the rest.
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

    /// The content; `None` in a region that [`crate::Payload::parse`] refuses.
    pub const fn kind(&self) -> Option<RegionKind> {
        RegionKind::from_wire(self.kind)
    }

    /// The memory; `None` in a region that [`crate::Payload::parse`] refuses.
    pub fn memory(&self) -> Option<PhysRange> {
        PhysRange::from_size(self.destination, self.memory_size)
    }

    /// Number of bytes at the start of [`Self::memory`] that the image stores.
    pub const fn file_size(&self) -> u64 {
        self.file_size
    }

    /// [`Digest`] of the stored bytes.
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Whether the reserved bytes are zero.
    pub(crate) fn is_clean(&self) -> bool {
        self.reserved == [0; 7]
    }
}

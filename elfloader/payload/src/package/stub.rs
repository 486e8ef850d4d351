// SPDX-License-Identifier: BSD-2-Clause

//! The contract of builder and UEFI stub.
//!
//! In an image for UEFI, the stub precedes the package. The package begins at the first page boundary behind it.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Type of the ELF note that marks a UEFI stub. Its owner is [`crate::LOADER_NOTE_NAME`], its content the stub's
/// [`crate::PACKAGE_VERSION`].
pub const STUB_NOTE_TYPE: u32 = 5;

/// The first bytes of a stub in an image, in place of its ELF header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct StubHead {
    /// CRC-32C of all bytes from [`Self::CHECKED_FROM`] up to the package.
    pub checksum: u32,
    /// A branch to the stub's entry point. The firmware enters it here.
    pub branch: u32,
    /// Offset of the package header in the package.
    pub header_offset: u32,
    /// Size in bytes of the package.
    pub package_size: u32,
}

impl StubHead {
    /// Offset of the first byte that the checksum covers.
    pub const CHECKED_FROM: usize = offset_of!(Self, branch);

    /// Offset of the branch.
    pub const ENTRY: usize = offset_of!(Self, branch);
}

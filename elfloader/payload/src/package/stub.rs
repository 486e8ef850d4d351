// SPDX-License-Identifier: BSD-2-Clause

//! The contract of builder and UEFI stub.
//!
//! In an image for UEFI, the headers of a UEFI application and the stub precede the package. The firmware loads the
//! headers to a page of their own. The package begins at the first page boundary behind the stub.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::TpmEvent;

/// Type of the ELF note that marks a UEFI stub. Its owner is [`crate::LOADER_NOTE_NAME`], its content the stub's
/// [`crate::PACKAGE_VERSION`].
pub const STUB_NOTE_TYPE: u32 = 5;

/// The headers in the file and in memory, with the fields that not only the builder writes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct UefiHeaders {
    before_base: [u8; 0x70],
    /// `ImageBase`: the firmware writes the address.
    pub image_base: [u8; 8],
    before_checksum: [u8; 0x20],
    /// `CheckSum`: programs that sign for Secure Boot may write it.
    pub checksum: [u8; 4],
    before_certificates: [u8; 0x4c],
    /// Place and size of the certificates: programs that sign for Secure Boot write both.
    pub certificates: [[u8; 4]; 2],
    rest: [u8; 0x110],
}

impl UefiHeaders {
    /// The bytes that [`StubHead::checksum`] covers: all but the fields that others write. If others can't have written
    /// what is in these fields, they are part of it, so that the checksum is wrong.
    pub fn checked(&self) -> [&[u8]; 5] {
        const NONE: [u8; 4] = [0; 4];
        let is_signed = self.certificates.map(|number| number != NONE);
        let is_sound = match is_signed {
            [false, false] => self.checksum == NONE,
            is_signed => is_signed == [true; 2],
        };
        [
            &self.before_base,
            &self.before_checksum,
            &self.before_certificates,
            &self.rest,
            if is_sound { &[] } else { &self.checksum },
        ]
    }
}

/// The first bytes of a stub in an image, in place of its ELF header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct StubHead {
    /// CRC-32C of [`UefiHeaders::checked`] and of the stub from [`Self::CHECKED_FROM`] on.
    pub checksum: u32,
    /// CRC-32C of the first [`Self::checked_size`] bytes of the package.
    pub package_checksum: u32,
    /// A branch to the stub's entry point. The firmware enters it here.
    pub branch: u32,
    /// Offset of the package header in the package.
    pub header_offset: u32,
    /// The number of bytes of the package that the stub verifies: all, or up to the end of the package header with
    /// [`crate::Integrity::None`].
    pub checked_size: u32,
    /// [`crate::ExceptionLevel`] of the kernel.
    pub exception_level: u32,
    /// The event for a TPM.
    pub tpm_event: TpmEvent,
    /// Zero.
    pub reserved: [u8; 2],
}

impl StubHead {
    /// Offset of the first byte of the stub that its checksum covers.
    pub const CHECKED_FROM: usize = offset_of!(Self, package_checksum);

    /// Offset of the branch. The signature of an image covers the stub from here on: the checksums before it depend on
    /// the signature.
    pub const ENTRY: usize = offset_of!(Self, branch);
}

#[cfg(test)]
mod tests {
    use zerocopy::FromZeros;

    use super::UefiHeaders;

    /// Fields that the builder doesn't write: the address, the checksum, and the certificates' place and size.
    const OF_OTHERS: usize = 8 + 4 + 8;

    /// The number of bytes that the checksum covers after `change`.
    fn covered(change: impl FnOnce(&mut UefiHeaders)) -> usize {
        let mut headers = UefiHeaders::new_zeroed();
        change(&mut headers);
        headers.checked().iter().map(|part| part.len()).sum()
    }

    #[test]
    fn fields_of_signing_programs_may_differ_together() {
        let usual = size_of::<UefiHeaders>() - OF_OTHERS;
        assert_eq!(covered(|_| ()), usual);
        assert_eq!(covered(|headers| headers.image_base[5] = 1), usual);
        let sign = |headers: &mut UefiHeaders| headers.certificates = [[1; 4]; 2];
        assert_eq!(covered(sign), usual);
        assert_eq!(
            covered(|headers| (sign(headers), headers.checksum[0] = 1).1),
            usual
        );
        assert!(covered(|headers| headers.checksum[3] = 1) > usual);
        for field in 0..2 {
            assert!(covered(|headers| headers.certificates[field][1] = 1) > usual);
        }
    }
}

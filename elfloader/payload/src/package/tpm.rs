// SPDX-License-Identifier: BSD-2-Clause

//! The event with which the UEFI stub measures an image (TCG EFI Protocol Specification for TPM 2.0, version 1.0,
//! section 6.2).

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::Measurement;

/// `EFI_TCG2_EVENT`. The builder writes all of it, so that the stub needs no code for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct TpmEvent {
    size: U32,
    header_size: U32,
    header_version: U16,
    pcr: U32,
    event_type: U32,
    /// [`crate::Payload::measurement`], the data of the event. The register is extended with its hash.
    pub measurement: Measurement,
}

impl TpmEvent {
    /// The register. Other stubs too extend it with what they start; firmware extends PCR 4 with the whole file.
    pub const PCR: u32 = 11;

    /// `EFI_TCG2_EVENT_HEADER_VERSION`
    const HEADER_VERSION: u16 = 1;

    /// `EV_IPL`, the type of events of boot loaders.
    const TYPE: u32 = 0xd;

    /// The event that records `measurement`.
    pub fn new(measurement: Measurement) -> Self {
        let header_size = size_of::<Self>() - size_of::<U32>() - measurement.len();
        Self {
            size: (size_of::<Self>() as u32).into(),
            header_size: (header_size as u32).into(),
            header_version: Self::HEADER_VERSION.into(),
            pcr: Self::PCR.into(),
            event_type: Self::TYPE.into(),
            measurement,
        }
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Checksums and digests as in payload headers.

use crc::{CRC_32_ISCSI, Crc, Table};
use kaal_payload::{Digest, Integrity};
use sha2::{Digest as _, Sha256};

/// The checksum of headers: CRC-32C (Castagnoli).
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
    CRC32C.checksum(bytes)
}

/// The digest of `bytes` that a loader with the setting `integrity` compares.
pub(crate) fn digest(integrity: Integrity, bytes: &[u8]) -> Digest {
    match integrity {
        Integrity::None | Integrity::Crc32c => Digest::from_crc32c(crc32c(bytes)),
        Integrity::Sha256 => Digest::from_sha256(Sha256::digest(bytes).into()),
    }
}

/// Formats bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

// SPDX-License-Identifier: BSD-2-Clause

//! The parts of images that their signatures cover.

use std::iter;
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use kaal_harness::image::Format;
use sha2::{Digest, Sha256};

use crate::image::find;

/// The hash that Secure Boot compares.
pub(super) fn authenticode(file: &[u8]) -> Result<[u8; 32]> {
    let parts = signed_parts(Format::Efi, file)?;
    let parts = parts.iter().map(|part| &file[part.clone()]);
    let hash = parts.fold(Sha256::new(), |hash, part| hash.chain_update(part));
    Ok(hash.finalize().into())
}

/// The parts of a signed file that decide on the boot. The rest is a checksum that nobody reads, the signature with its
/// description, and padding.
pub(super) fn signed_parts(format: Format, file: &[u8]) -> Result<Vec<Range<usize>>> {
    /// Offsets in a PE file.
    const PE: usize = 0x3c;
    const CHECKSUM: usize = 0x58;
    const SIGNATURES: usize = 0xa8;
    /// The end of a FIT's header and of its empty list of reserved memory.
    const FIT_HEADER: usize = 0x38;

    let word = |offset: usize| -> Result<usize> {
        let bytes = file.get(offset..).and_then(|rest| rest.first_chunk());
        Ok(u32::from_le_bytes(*bytes.context("the file is too short")?) as usize)
    };
    if format == Format::Fit {
        let signature = find(file, b"\0\0\0\x01signature-1\0");
        let whole = FIT_HEADER..signature.context("no signature")?;
        return Ok(iter::once(whole).collect());
    }
    let pe = word(PE)?;
    let (checksum, signatures) = (pe + CHECKSUM, pe + SIGNATURES);
    let end = word(signatures)?;
    ensure!(end <= file.len(), "the signature is outside of the file");
    Ok(vec![
        0..checksum,
        checksum + 4..signatures,
        signatures + 8..end,
    ])
}

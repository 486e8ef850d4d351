// SPDX-License-Identifier: BSD-2-Clause

//! Recognises images and their format by their first bytes.

use std::ops::Range;

use kaal_payload::{
    Chunk, HEADER_ALIGNMENT, LOADER_MAX_SIZE, LOCATOR_OFFSET, Locator, Measurement,
    PACKAGE_HEADER_MAX_SIZE, PACKAGE_MAGIC, Package, PackageError, PhysAddr, ROOM_SIZE, StubHead,
};
use sha2::{Digest, Sha256};
use zerocopy::IntoBytes;

use super::memory::aligned;
use super::{damaged, identify};
use crate::diagnostic::{Diagnostic, Origin};
use crate::format::digest::crc32c;
use crate::format::{Format, efi, executable, fit, head, uimage};

/// Bytes at a file's start that are enough to recognise it. In a package, they hold what precedes the
/// unpacker in its format, the unpacker and the package header.
pub(super) const HEAD_SIZE: u64 = efi::HEADERS_SIZE as u64
    + efi::STUB_MAX_SIZE
    + ROOM_SIZE
    + LOADER_MAX_SIZE
    + HEADER_ALIGNMENT
    + PACKAGE_HEADER_MAX_SIZE as u64;

/// A package header and its place.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    /// The format of the file.
    pub(super) format: Format,
    /// The UEFI stub in the file; empty in other formats.
    pub(super) stub: Range<usize>,
    /// Offset of the package in the file.
    pub(super) start: usize,
    /// Offset of the header in the package.
    pub(super) header_offset: usize,
    /// The header without its chunks.
    fixed: Package<'static>,
    chunks: Vec<Chunk>,
}

impl Packed {
    /// The package header.
    pub(super) fn package(&self) -> Package<'_> {
        Package {
            chunks: &self.chunks,
            ..self.fixed
        }
    }

    /// The package in `file`.
    pub(super) fn bytes<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        &file[self.start..][..self.fixed.size as usize]
    }

    /// [`super::ImageReader::package_digest`] of `file`.
    pub(super) fn digest(&self, file: &[u8]) -> Measurement {
        let load_address = uimage::load_address(file).map_or(0, |PhysAddr(address)| address);
        let package = self.bytes(file);
        // The checksums before the branch depend on the signature.
        let stub = file[self.stub.clone()].get(StubHead::ENTRY..);
        let locator = &package[self.header_offset + LOCATOR_OFFSET..][..size_of::<Locator>()];
        Sha256::new()
            .chain_update(load_address.to_le_bytes())
            .chain_update(stub.unwrap_or_default())
            .chain_update(locator)
            .chain_update(&package[..self.header_offset])
            .finalize()
            .into()
    }
}

/// Recognises a file of `length` bytes by `head`, its first [`HEAD_SIZE`] bytes or fewer. Returns
/// `None` for an executable with headers as the builder writes them.
pub(super) fn recognise(
    origin: Origin<'_>,
    head: &[u8],
    length: u64,
) -> Result<Option<Packed>, Diagnostic> {
    if let Some(claimed) = executable::claimed_size(head) {
        check_length(origin, claimed, length)?;
        return Ok(None);
    }
    let Some(place) = place(head, length) else {
        return Err(identify::explain(origin, head));
    };
    check_length(origin, place.claimed, length)?;
    let package_end = place.end;
    let packed = find_package(head, place).map_err(|error| match error {
        Some(error) => {
            let problem = "its package header is damaged, or from another version of KaaL";
            damaged(origin, problem)
                .expected("a package header as this version writes it")
                .found(error.to_string())
        }
        None => identify::explain(origin, head),
    })?;
    check_length(origin, packed.start as u64 + packed.fixed.size, package_end)?;
    Ok(Some(packed))
}

/// Compares the file's length with the length in its header.
fn check_length(origin: Origin<'_>, claimed: u64, length: u64) -> Result<(), Diagnostic> {
    if claimed == length {
        return Ok(());
    }
    let problem = match length < claimed {
        true => "truncated",
        false => "longer than it should be",
    };
    Err(damaged(origin, problem)
        .expected(format!("{claimed} bytes, by its header"))
        .found(format!("{length} bytes")))
}

/// Where a package lies in a file, by the headers of its format.
struct Place {
    format: Format,
    stub: Range<usize>,
    start: usize,
    /// The end of the package.
    end: u64,
    /// Size in bytes of the file.
    claimed: u64,
}

/// The place of the package in a file of `length` bytes that begins with `head`.
fn place(head: &[u8], length: u64) -> Option<Place> {
    let in_whole_file = |format, start, claimed| Place {
        format,
        stub: 0..0,
        start,
        end: length,
        claimed,
    };
    if let Some(layout) = efi::layout(head) {
        Some(Place {
            format: Format::Efi,
            stub: layout.stub,
            start: layout.package.start,
            end: layout.package.end as u64,
            claimed: layout.certificates.end as u64,
        })
    } else if let Some((claimed, kernel)) = fit::layout(head) {
        Some(Place {
            format: Format::Fit,
            stub: 0..0,
            start: kernel.start,
            end: kernel.end as u64,
            claimed,
        })
    } else if uimage::is_one(head) {
        let claimed = uimage::claimed_size(head)?;
        Some(in_whole_file(Format::Uimage, uimage::HEADER_SIZE, claimed))
    } else if head::is_image(head) {
        Some(in_whole_file(Format::Image, 0, length))
    } else if head::is_entered(head) {
        Some(in_whole_file(Format::Raw, 0, length))
    } else {
        None
    }
}

/// Finds the first well-formed header of the package at `place`, or returns what is wrong with the
/// first one.
fn find_package(head: &[u8], place: Place) -> Result<Packed, Option<PackageError>> {
    let package = head.get(place.start..).unwrap_or_default();
    let mut reason = None;
    for header_offset in (0..package.len()).step_by(HEADER_ALIGNMENT as usize) {
        let bytes = &package[header_offset..];
        if !bytes.starts_with(&PACKAGE_MAGIC) {
            continue;
        }
        let bytes = &bytes[..bytes.len().min(PACKAGE_HEADER_MAX_SIZE)];
        let words = aligned(bytes);
        match Package::parse(&words.as_bytes()[..bytes.len()], crc32c) {
            Ok(package) => {
                return Ok(Packed {
                    format: place.format,
                    stub: place.stub,
                    start: place.start,
                    header_offset,
                    chunks: package.chunks.to_vec(),
                    fixed: Package {
                        chunks: &[],
                        ..package
                    },
                });
            }
            Err(error) => reason = reason.or(Some(error)),
        }
    }
    Err(reason)
}

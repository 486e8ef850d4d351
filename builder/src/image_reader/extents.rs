// SPDX-License-Identifier: BSD-2-Clause

//! Reads the memory that an image makes.

use std::borrow::Cow;
use std::ops::Range;

use kaal_payload::{Chunk, Encoding, PACKAGE_END, PhysAddr, package_header_size};

use super::damaged;
use super::memory::Extent;
use super::recognise::Packed;
use crate::diagnostic::{Diagnostic, Origin};
use crate::elf::slice;
use crate::format::digest::crc32c;
use crate::format::{STORED_ALIGNMENT, executable};

/// Most bytes of content per byte of an LZ4 block.
const MOST_PER_BYTE: u64 = 255;

/// Most bytes of decompressed content in an image.
const MOST_DECOMPRESSED: u64 = 1 << 30;

/// Reads the entry point and the memory of an executable.
pub(super) fn of_elf<'a>(
    origin: Origin<'_>,
    file: &'a [u8],
) -> Result<(PhysAddr, Vec<Extent<'a>>), Diagnostic> {
    let (entry, segments) = executable::read(file).map_err(|found| {
        let problem =
            "its ELF header, its program headers or the bytes between segments are damaged";
        damaged(origin, problem)
            .expected("what the builder writes for these segments")
            .found(found)
    })?;
    let extents = segments
        .into_iter()
        .map(|(chunk, in_file)| Extent {
            memory: chunk.memory,
            content: chunk.content.into(),
            in_file,
            is_compressed: false,
        })
        .collect();
    Ok((entry, extents))
}

/// Reads the memory of a package's chunks. All other bytes must be as the builder writes them.
pub(super) fn of_package<'a>(
    origin: Origin<'_>,
    file: &'a [u8],
    packed: &Packed,
) -> Result<Vec<Extent<'a>>, Diagnostic> {
    let damaged = |what: &str| damaged(origin, format!("{what} is damaged"));
    let package = packed.package();
    let bytes = packed.bytes(file);
    let header_size = package_header_size(package.chunks.len());
    let mut again = vec![0; header_size];
    let is_encoded = package.encode(&mut again, crc32c).is_ok();
    if !is_encoded || slice(bytes, packed.header_offset as u64, header_size as u64) != Some(&again)
    {
        return Err(damaged("its package header")
            .expected("a package header as this version writes it")
            .found("unused fields that aren't zero"));
    }
    let mut next = packed.header_offset + header_size;
    let mut extents = Vec::with_capacity(package.chunks.len());
    let mut decompressed = 0;
    for (index, chunk) in package.chunks.iter().enumerate() {
        let stored = chunk.stored();
        let damaged = || damaged(&format!("chunk {index} ({})", chunk.memory()));
        let expected_offset = next.next_multiple_of(STORED_ALIGNMENT) as u64;
        if stored.offset != expected_offset {
            return Err(damaged()
                .expected(format!(
                    "content at the offset {expected_offset:#x} of the package"
                ))
                .found(format!("at {:#x}", stored.offset)));
        }
        let missing = || damaged().expected("content within the file").found("none");
        let content = slice(bytes, stored.offset, stored.size).ok_or_else(missing)?;
        let start = stored.offset as usize;
        check_padding(origin, bytes, next..start)?;
        next = start + content.len();
        let checksum = crc32c(content);
        if checksum != stored.checksum {
            return Err(damaged()
                .expected(format!("CRC-32C {:#x}", stored.checksum))
                .found(format!("{checksum:#x}")));
        }
        if stored.encoding == Encoding::Lz4 {
            decompressed += chunk.size();
        }
        let content = decode(chunk, content, decompressed)
            .map_err(|found| damaged().expected("an LZ4 block of its size").found(found))?;
        extents.push(Extent {
            memory: chunk.memory(),
            content,
            in_file: packed.start + start..packed.start + next,
            is_compressed: stored.encoding == Encoding::Lz4,
        });
    }
    let end = (next + PACKAGE_END.len()).next_multiple_of(packed.format.end_alignment());
    if bytes.len() != end || !bytes.ends_with(&PACKAGE_END) {
        let place = end - PACKAGE_END.len();
        return Err(damaged("its end")
            .expected(format!("KaaLend. at the offset {place:#x}"))
            .found("something else"));
    }
    check_padding(origin, bytes, next..end - PACKAGE_END.len())?;
    Ok(extents)
}

/// The content of `chunk`, whose stored bytes are `stored`. `decompressed` is the size in bytes of
/// all decompressed content up to this chunk.
fn decode<'a>(chunk: &Chunk, stored: &'a [u8], decompressed: u64) -> Result<Cow<'a, [u8]>, String> {
    if chunk.stored().encoding == Encoding::Identity {
        return Ok(Cow::Borrowed(stored));
    }
    let size = chunk.size();
    if size / MOST_PER_BYTE > stored.len() as u64 || decompressed > MOST_DECOMPRESSED {
        return Err(format!("{} bytes for a content of {size}", stored.len()));
    }
    let mut content = vec![0; size as usize];
    match lz4_flex::block::decompress_into(stored, &mut content) {
        Ok(found) if found == content.len() => Ok(Cow::Owned(content)),
        Ok(found) => Err(format!("{found} bytes instead of {size}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Checks that the bytes `padding` are zero.
fn check_padding(
    origin: Origin<'_>,
    bytes: &[u8],
    padding: Range<usize>,
) -> Result<(), Diagnostic> {
    let bytes = bytes.get(padding.clone()).unwrap_or_default();
    let Some((offset, _)) = padding.zip(bytes).find(|(_, byte)| **byte != 0) else {
        return Ok(());
    };
    Err(damaged(origin, "the bytes between its chunks are damaged")
        .expected("zeroes")
        .found(format!(
            "another byte at the offset {offset:#x} of the package"
        )))
}

// SPDX-License-Identifier: BSD-2-Clause

//! Puts every chunk to its destination.

use core::fmt;
use core::ptr;
use core::slice;

use kaal_integrity::crc32c;
use kaal_lz4::DecodeError;
use kaal_payload::{Chunk, Decimal, Encoding, Hex, Integrity, Package, PhysAddr, UnpackStep};

use kaal_runtime::cache;

use crate::memory;

/// A chunk whose stored bytes are not what the builder stored.
pub(crate) struct Damage<'a> {
    index: usize,
    chunk: &'a Chunk,
    reason: Reason,
}

enum Reason {
    /// The CRC-32C of its stored bytes is this one.
    Checksum(u32),
    /// They can't be decompressed.
    Content(DecodeError),
}

impl fmt::Display for Damage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, memory) = (Decimal(self.index as u64), self.chunk.memory());
        write!(f, "chunk {index} ({memory}) is damaged: ")?;
        match self.reason {
            Reason::Checksum(found) => {
                let (expected, found) = (self.chunk.stored().checksum, Hex(found.into()));
                write!(
                    f,
                    "CRC-32C {} expected, {found} found",
                    Hex(expected.into())
                )
            }
            Reason::Content(error) => write!(f, "it {error}"),
        }
    }
}

/// Unpacks `package`, which lies at `address`, and leaves nothing of it in data caches.
///
/// # Safety
///
/// The MMU must be on; the package, its destinations and the memory that it may work in must be
/// mapped, and used for nothing else.
pub(crate) unsafe fn all<'a>(package: &Package<'a>, address: PhysAddr) -> Result<(), Damage<'a>> {
    for step in package.unpack_steps(address) {
        // SAFETY: the steps stay within what is mapped, and overwrite nothing that is still needed.
        unsafe {
            match step {
                UnpackStep::Move { from, to } => {
                    memory::copy(pointer(from.start), pointer(to), from.size() as usize);
                }
                UnpackStep::Fill { index, chunk, from } => {
                    fill(chunk, from, package.integrity).map_err(|reason| Damage {
                        index,
                        chunk,
                        reason,
                    })?;
                }
                UnpackStep::Clear(range) => memory::clear(range.start, range.size()),
            }
        }
    }
    for chunk in package.chunks {
        let memory = chunk.memory();
        // SAFETY: they are mapped, and so are the rest of their pages, and of their lines.
        unsafe { cache::clean(memory.start.0, memory.end.0) };
    }
    Ok(())
}

/// Puts the content of `chunk`, which is stored at `from`, to its destination.
///
/// # Safety
///
/// As [`all`]; besides, what is stored is still there.
unsafe fn fill(chunk: &Chunk, from: PhysAddr, integrity: Integrity) -> Result<(), Reason> {
    let stored = chunk.stored();
    let is_compressed = stored.encoding == Encoding::Lz4;
    // SAFETY: the caller vouches for the bytes, which are not written to yet.
    let block = unsafe { slice::from_raw_parts(pointer(from).cast_const(), stored.size as usize) };
    if is_compressed || integrity != Integrity::None {
        let found = crc32c(block);
        if found != stored.checksum {
            return Err(Reason::Checksum(found));
        }
    }
    let (to, size) = (pointer(chunk.destination()), chunk.size() as usize);
    if is_compressed {
        // SAFETY: nothing that is compressed overlaps a destination.
        let output = unsafe { slice::from_raw_parts_mut(to, size) };
        kaal_lz4::decompress(block, output).map_err(Reason::Content)?;
    } else if pointer(from) != to {
        // SAFETY: the caller vouches for the bytes.
        unsafe { memory::copy(pointer(from), to, size) };
    }
    Ok(())
}

fn pointer(address: PhysAddr) -> *mut u8 {
    ptr::with_exposed_provenance_mut(address.0 as usize)
}

// SPDX-License-Identifier: BSD-2-Clause

//! Unpacks the chunks.

use core::fmt;
use core::ptr;
use core::slice;

use kaal_integrity::crc32c;
use kaal_lz4::DecodeError;
use kaal_payload::{
    Chunk, Decimal, Encoding, Hex, Integrity, Package, PhysAddr, PhysRange, UnpackStep,
};
use kaal_runtime::{bulk, cache, firmware};

/// A chunk whose stored bytes are damaged.
pub(crate) struct Damage<'a> {
    index: usize,
    chunk: &'a Chunk,
    reason: Reason,
}

enum Reason {
    /// The stored bytes have this CRC-32C.
    Checksum(u32),
    /// The stored bytes can't be decompressed.
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

/// Unpacks `package`, which lies at `address`. All that it writes leaves the data caches.
///
/// # Safety
///
/// The MMU must be on. The package, its destinations and the working memory must be mapped, and used for nothing else.
pub(crate) unsafe fn all<'a>(package: &Package<'a>, address: PhysAddr) -> Result<(), Damage<'a>> {
    for step in package.unpack_steps(address) {
        // SAFETY: the steps stay within this memory, and overwrite nothing that is still needed.
        unsafe {
            match step {
                UnpackStep::Move { from, to } => {
                    bulk::copy(pointer(from.start), pointer(to), from.size() as usize);
                }
                UnpackStep::Fill { index, chunk, from } => {
                    fill(chunk, from, package.integrity).map_err(|reason| Damage {
                        index,
                        chunk,
                        reason,
                    })?;
                }
                UnpackStep::Clear(range) => bulk::clear(range),
            }
        }
    }
    Ok(())
}

/// Fills the destination of `chunk` with its content, which is stored at `from`.
///
/// # Safety
///
/// As [`all`]. The stored bytes must not have been overwritten.
unsafe fn fill(chunk: &Chunk, from: PhysAddr, integrity: Integrity) -> Result<(), Reason> {
    let stored = chunk.stored();
    let is_compressed = stored.encoding == Encoding::Lz4;
    // SAFETY: the caller vouches for the bytes, and nothing writes to them yet.
    let block = unsafe { slice::from_raw_parts(pointer(from).cast_const(), stored.size as usize) };
    if is_compressed || integrity != Integrity::None {
        let found = crc32c(block);
        if found != stored.checksum {
            return Err(Reason::Checksum(found));
        }
    }
    let (to, size) = (pointer(chunk.destination()), chunk.size() as usize);
    if is_compressed {
        // SAFETY: compressed bytes overlap no destination.
        let output = unsafe { slice::from_raw_parts_mut(to, size) };
        kaal_lz4::decompress(block, output).map_err(Reason::Content)?;
        // SAFETY: the memory is mapped, with the rest of its lines.
        unsafe { cache::clean(to.addr() as u64, to.addr() as u64 + size as u64) };
    } else if pointer(from) != to {
        // SAFETY: the caller vouches for the bytes.
        unsafe { bulk::copy(pointer(from), to, size) };
    } else {
        firmware::clean(PhysRange::new(from, size as u64));
    }
    Ok(())
}

fn pointer(address: PhysAddr) -> *mut u8 {
    ptr::with_exposed_provenance_mut(address.0 as usize)
}

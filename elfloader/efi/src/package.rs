// SPDX-License-Identifier: BSD-2-Clause

//! Finds and verifies the package.

use core::slice;

use kaal_arch::address_of;
use kaal_arch::link::Note;
use kaal_integrity::crc32c_by_bytes as crc32c;
use kaal_payload::{
    Encoding, Integrity, PACKAGE_VERSION, PAGE_SIZE, Package, PackageError, PhysAddr,
    STUB_NOTE_TYPE, StubHead,
};
use zerocopy::FromBytes;

use crate::console::{Console, Refused};

#[used]
#[unsafe(link_section = ".note.kaal")]
static NOTE: Note<u32> = Note::new(STUB_NOTE_TYPE, PACKAGE_VERSION);

/// An intact package.
pub(crate) struct Found {
    /// Its bytes.
    pub(crate) bytes: &'static [u8],
    /// Its header.
    pub(crate) package: Package<'static>,
}

/// Finds the package behind the stub, and verifies both.
pub(crate) fn find(console: &Console) -> Result<Found, Refused> {
    let damaged = || console.refuse("the stub is damaged; load the image again", &[]);
    let start = address_of!("__ehdr_start");
    let end = address_of!("_etext").addr();
    let size = end.next_multiple_of(PAGE_SIZE as usize) - start.addr();
    // SAFETY: the stub takes whole pages, and nothing writes to them.
    let stub = unsafe { slice::from_raw_parts(start, size) };
    let (head, _) = StubHead::read_from_prefix(stub).map_err(|_| damaged())?;
    let checked = stub.get(StubHead::CHECKED_FROM..).unwrap_or_default();
    if crc32c(checked) != head.checksum {
        return Err(damaged());
    }
    // SAFETY: the builder puts a package of this size there, and nothing writes to it.
    let bytes =
        unsafe { slice::from_raw_parts(start.wrapping_add(size), head.package_size as usize) };
    let (unpacker, header) = bytes
        .split_at_checked(head.header_offset as usize)
        .ok_or_else(damaged)?;
    let package = Package::parse(header, crc32c).map_err(|error| match error {
        PackageError::Checksum { expected, found } => console.refuse(
            "package header: checksum # expected, # found; the image is damaged, build or load it again",
            &[expected.into(), found.into()],
        ),
        // The header is of this version, so the checksum finds all damage but that to its first bytes.
        _ => console.refuse(
            "package header: malformed; the image is damaged, build or load it again",
            &[],
        ),
    })?;
    let found = Found { bytes, package };
    found.verify(unpacker, console)?;
    Ok(found)
}

impl Found {
    /// Verifies the unpacker, and what the unpacker verifies.
    fn verify(&self, unpacker: &[u8], console: &Console) -> Result<(), Refused> {
        let found = crc32c(unpacker);
        if found != self.package.unpacker_checksum {
            let message =
                "the unpacker is damaged: CRC-32C # expected, # found; load the image again";
            let checksums = [self.package.unpacker_checksum, found];
            return Err(console.refuse(message, &checksums.map(u64::from)));
        }
        for (index, chunk) in self.package.chunks.iter().enumerate() {
            let stored = chunk.stored();
            if stored.encoding == Encoding::Identity && self.package.integrity == Integrity::None {
                continue;
            }
            let content = self.bytes.get(stored.offset as usize..);
            let content = content.and_then(|content| content.get(..stored.size as usize));
            let (memory, found) = (chunk.memory(), crc32c(content.unwrap_or_default()));
            if found != stored.checksum {
                let message =
                    "chunk @ (#..#) is damaged: CRC-32C # expected, # found; load the image again";
                let [start, end] = [memory.start, memory.end].map(|PhysAddr(address)| address);
                let numbers = [
                    index as u64,
                    start,
                    end,
                    stored.checksum.into(),
                    found.into(),
                ];
                return Err(console.refuse(message, &numbers));
            }
        }
        Ok(())
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Finds and verifies the package.

use core::slice;

use kaal_arch::address_of;
use kaal_arch::link::Note;
use kaal_integrity::crc32c_by_bytes;
use kaal_payload::{
    PACKAGE_VERSION, PAGE_SIZE, Package, PhysRange, STUB_NOTE_TYPE, StubHead, UefiHeaders,
};

use crate::console::{Console, Refused};

#[used]
#[unsafe(link_section = ".note.kaal")]
static NOTE: Note<u32> = Note::new(STUB_NOTE_TYPE, PACKAGE_VERSION);

/// An intact image.
pub(crate) struct Image {
    /// The head of the stub.
    pub(crate) head: &'static StubHead,
    /// The package.
    pub(crate) package: &'static [u8],
}

/// Finds the package behind the stub, and verifies the whole image.
pub(crate) fn find(console: &Console) -> Result<Image, Refused> {
    let start = address_of!("__ehdr_start");
    let end = address_of!("_etext").addr();
    let size = end.next_multiple_of(PAGE_SIZE as usize) - start.addr();
    // SAFETY: the firmware loads the headers to the page before the stub. The builder puts a head at the start of the
    // stub, which takes whole pages. Nothing writes to any of them.
    let (headers, head, stub) = unsafe {
        (
            &*start.wrapping_sub(PAGE_SIZE as usize).cast::<UefiHeaders>(),
            &*start.cast::<StubHead>(),
            slice::from_raw_parts(
                start.wrapping_add(StubHead::CHECKED_FROM),
                size - StubHead::CHECKED_FROM,
            ),
        )
    };
    let [one, two, three, four, five] = headers.checked();
    verify(head.checksum, &[one, two, three, four, five, stub], console)?;
    // SAFETY: the builder puts a package there, and the stub, with its size, is intact. Nothing writes to it.
    let package =
        unsafe { slice::from_raw_parts(start.wrapping_add(size), head.checked_size as usize) };
    verify(head.package_checksum, &[package], console)?;
    Ok(Image { head, package })
}

impl Image {
    /// All memory that the unpacker writes to.
    pub(crate) fn memory(
        &self,
        console: &Console,
    ) -> Result<impl Iterator<Item = PhysRange>, Refused> {
        let header = self.package.get(self.head.header_offset as usize..);
        header
            .and_then(Package::peek_memory)
            .ok_or_else(|| console.refuse("package header: malformed; build the image again", &[]))
    }
}

/// Compares the checksum of `parts` with the `expected` one.
fn verify(expected: u32, parts: &[&[u8]], console: &Console) -> Result<(), Refused> {
    let found = crc32c_by_bytes(parts);
    if found == expected {
        return Ok(());
    }
    let message = "the image is damaged: CRC-32C # expected, # found; load it again";
    Err(console.refuse(message, &[expected, found].map(u64::from)))
}

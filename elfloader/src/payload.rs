// SPDX-License-Identifier: BSD-2-Clause

//! Finds the payload header.

use core::slice;

use kaal_payload::{
    LOADER_NOTE_NAME, LOADER_NOTE_TYPE, MAX_SIZE, PAGE_SIZE, Payload, PhysAddr, VERSION,
};

use kaal_runtime::crc32c::crc32c;
use kaal_runtime::{fail, state};

/// An ELF note: it tells the builder that this is a loader, and of which contract.
#[repr(C)]
struct Note {
    name_size: u32,
    content_size: u32,
    kind: u32,
    /// The name and its nul, padded to four bytes.
    name: [u8; NOTE_NAME_SIZE.next_multiple_of(4)],
    content: u32,
}

const NOTE_NAME_SIZE: usize = LOADER_NOTE_NAME.len() + 1;

#[used]
#[unsafe(link_section = ".note.kaal")]
static NOTE: Note = Note {
    name_size: NOTE_NAME_SIZE as u32,
    content_size: size_of_val(&VERSION) as u32,
    kind: LOADER_NOTE_TYPE,
    name: {
        let mut padded = [0; _];
        padded
            .split_at_mut(LOADER_NOTE_NAME.len())
            .0
            .copy_from_slice(LOADER_NOTE_NAME.as_bytes());
        padded
    },
    content: VERSION,
};

/// The address of a symbol that the linker defines, from where the code runs: the compiler would
/// take it from the global offset table, which holds what it should be.
macro_rules! address_of {
    ($symbol:literal) => {{
        let address: *const u8;
        // SAFETY: computing an address changes nothing.
        unsafe {
            core::arch::asm!(
                concat!("adrp {0}, ", $symbol),
                concat!("add {0}, {0}, :lo12:", $symbol),
                out(reg) address,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        address
    }};
}

/// Returns the payload header that the builder put behind the loader.
pub(crate) fn find() -> Payload<'static> {
    let bytes = header_page();
    state::set_machine(&Payload::peek_machine(bytes));
    let payload = match Payload::parse(bytes, crc32c) {
        Ok(payload) => payload,
        Err(error) => fail!("{error}; the image is damaged, build or load it again"),
    };
    let found = PhysAddr(address_of!("__ehdr_start").addr() as u64);
    if found != payload.load_address {
        fail!("the loader lies at another address than the image was built for");
    }
    payload
}

/// The page that the contract puts the header in.
fn header_page() -> &'static [u8] {
    let end = address_of!("_end");
    let padding = end.align_offset(PAGE_SIZE as usize);
    // SAFETY: every image has this page, with defined content, and nothing writes to it.
    unsafe { slice::from_raw_parts(end.wrapping_add(padding), MAX_SIZE) }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Finds the payload header.

use core::slice;

use kaal_payload::{LOADER_NOTE_TYPE, MAX_SIZE, PAGE_SIZE, Payload, PhysAddr, VERSION};

use kaal_runtime::crc32c::crc32c;
use kaal_runtime::link::Note;
use kaal_runtime::{address_of, fail, state};

#[used]
#[unsafe(link_section = ".note.kaal")]
static NOTE: Note = Note::new(LOADER_NOTE_TYPE, VERSION);

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

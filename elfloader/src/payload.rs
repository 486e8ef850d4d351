// SPDX-License-Identifier: BSD-2-Clause

//! Finds the payload header.

use core::slice;

use kaal_payload::{
    LOADER_MAX_SIZE, LOADER_NOTE_TYPE, MAX_SIZE, Machine, PAGE_SIZE, Payload, PhysAddr, VERSION,
};

use kaal_integrity::crc32c;
use kaal_runtime::link::Note;
use kaal_runtime::{address_of, fail, state};

use crate::Trust;

#[used]
#[unsafe(link_section = ".note.kaal")]
static NOTE: Note<u32> = Note::new(LOADER_NOTE_TYPE, VERSION);

/// Returns the payload header that the builder put behind the loader, if `T` trusts it.
pub(crate) fn find<T: Trust>() -> Payload<'static> {
    let bytes = header_pages();
    state::set_machine(&without_own_memory(Payload::peek_machine(bytes)));
    let payload = match Payload::parse(bytes, crc32c) {
        Ok(payload) => payload,
        Err(error) => fail!("{error}; the image is damaged, build or load it again"),
    };
    T::authenticate(bytes, &payload);
    let found = PhysAddr(address_of!("__ehdr_start").addr() as u64);
    if found != payload.load_address {
        fail!("the loader lies at another address than the image was built for");
    }
    payload
}

/// The machine without a console that would lie in the loader itself: printing must not change what
/// has yet to refuse the image.
fn without_own_memory(machine: Machine) -> Machine {
    let start = address_of!("__ehdr_start").addr() as u64;
    let own = start..start + LOADER_MAX_SIZE;
    Machine {
        console: machine
            .console
            .filter(|console| !own.contains(&console.base.0)),
        ..machine
    }
}

/// The pages that the contract puts the header in.
pub(crate) fn header_pages() -> &'static [u8] {
    let end = address_of!("_end");
    let padding = end.align_offset(PAGE_SIZE as usize);
    // SAFETY: every image has these pages, with defined content, and nothing writes to it.
    unsafe { slice::from_raw_parts(end.wrapping_add(padding), MAX_SIZE) }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Reads the payload header.

use core::{ptr, slice};

use kaal_payload::{LOADER_NOTE_TYPE, MAX_SIZE, PAGE_SIZE, Payload, PhysAddr, Symbol, VERSION};

use kaal_integrity::crc32c;
use kaal_runtime::link::Note;
use kaal_runtime::{address_of, console, fail, firmware};

use crate::trust::Trust;
use crate::verify;

#[used]
#[unsafe(link_section = ".note.kaal")]
static NOTE: Note<u32> = Note::new(LOADER_NOTE_TYPE, VERSION);

/// The memory of the payload header behind the loader, after a check of the loader if `T` doesn't have to trust the
/// header first.
pub(crate) fn header<T: Trust>() -> &'static [u8] {
    let bytes = header_pages();
    console::start(&T::machine(bytes));
    firmware::left_identity();
    if !T::EXPECTS_FORGERIES && !verify::is_loader_intact(bytes) {
        fail!("the loader is damaged; load the image again");
    }
    bytes
}

/// Whether the image asks for verification. The header may be malformed.
pub(crate) fn is_verified(header: &[u8]) -> bool {
    Payload::peek_loader(header).is_some()
}

/// The payload header in `bytes`, if `T` trusts it.
pub(crate) fn parse<T: Trust>(bytes: &'static [u8]) -> Payload<'static> {
    let payload = match Payload::parse(bytes, crc32c) {
        Ok(payload) => payload,
        Err(error) => fail!("{error}; the image is damaged, build or load it again"),
    };
    T::authenticate(bytes, &payload);
    if T::EXPECTS_FORGERIES && !verify::is_loader_intact(bytes) {
        fail!(
            "the loader is not the one that the image was signed for; load the image again, or \
             build and sign it with this loader"
        );
    }
    let found = PhysAddr(address_of!("__ehdr_start").addr() as u64);
    if found != payload.load_address {
        fail!("the loader is not at the address that the image was built for");
    }
    payload
}

/// The function at `address`, if the image has a table of symbols. A fault report calls this, so the header may be
/// damaged, but `T` must trust it. The table lies behind the header.
pub fn symbol_at<T: Trust>(address: u64) -> Option<Symbol<'static>> {
    if !T::is_authentic() {
        return None;
    }
    let header = header_pages();
    let table = Payload::peek_symbols(header)?;
    if table.start.0 <= header.as_ptr().addr() as u64 {
        return None;
    }
    let start = ptr::with_exposed_provenance(table.start.0 as usize);
    // SAFETY: the builder put the table there, and nothing writes to it.
    let table = unsafe { slice::from_raw_parts(start, table.size() as usize) };
    Symbol::find(table, address)
}

/// The pages for the header.
fn header_pages() -> &'static [u8] {
    let end = address_of!("_end");
    let padding = end.align_offset(PAGE_SIZE as usize);
    // SAFETY: every image has these pages, and nothing writes to them.
    unsafe { slice::from_raw_parts(end.wrapping_add(padding), MAX_SIZE) }
}

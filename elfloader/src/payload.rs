// SPDX-License-Identifier: BSD-2-Clause

//! Finds the payload header.

use core::slice;

use kaal_payload::{MAX_SIZE, PAGE_SIZE, Payload, PhysAddr};

use crate::crc32c::crc32c;
use crate::state;
use crate::stop::fail;

unsafe extern "C" {
    /// The loader's first byte; defined by the linker.
    #[link_name = "__ehdr_start"]
    static IMAGE_START: u8;
    /// The byte behind the loader's memory; defined by the linker.
    #[link_name = "_end"]
    static IMAGE_END: u8;
}

/// Returns the payload header that the builder put behind the loader.
pub(crate) fn find() -> Payload<'static> {
    let bytes = header_page();
    state::set_machine(Payload::peek_machine(bytes));
    let payload = match Payload::parse(bytes, crc32c) {
        Ok(payload) => payload,
        Err(error) => fail!("{error}; the image is damaged, build or load it again"),
    };
    let found = PhysAddr((&raw const IMAGE_START).addr() as u64);
    if found != payload.load_address {
        fail!("the loader lies at another address than the image was built for");
    }
    payload
}

/// The page that the contract puts the header in.
fn header_page() -> &'static [u8] {
    let end = &raw const IMAGE_END;
    let padding = end.align_offset(PAGE_SIZE as usize);
    // SAFETY: every image has this page, with defined content, and nothing writes to it.
    unsafe { slice::from_raw_parts(end.wrapping_add(padding), MAX_SIZE) }
}

// SPDX-License-Identifier: BSD-2-Clause

//! The memory that the unpacker accesses while the caches are on.

use core::ptr;
use core::slice;

use kaal_payload::{PACKAGE_HEADER_MAX_SIZE, PAGE_SIZE, PhysAddr, PhysRange, TABLES_SIZE};
use kaal_runtime::translation::Translation;
use kaal_runtime::{address_of, cache};
use kaal_translation::{Table, TablesError, Use};

use crate::package::Found;

/// Turns the caches on, with page tables that map the slot that the unpacker runs in.
///
/// # Safety
///
/// Must be called once. All other memory must be added before it is accessed.
pub(crate) unsafe fn begin(slot: PhysRange) -> Result<Translation, TablesError> {
    let start = pool();
    let count = TABLES_SIZE as usize / size_of::<Table>();
    // SAFETY: this pool lies at the slot's end, and nothing else uses it.
    let pool: &mut [Table] =
        unsafe { slice::from_raw_parts_mut(ptr::with_exposed_provenance_mut(start), count) };
    let code = PhysRange {
        start: PhysAddr(address_of!("__ehdr_start").addr() as u64),
        end: PhysAddr(address_of!("_etext").addr() as u64),
    };
    let mut translation = Translation::new(pool)?;
    translation.map(code, Use::Code)?;
    translation.map(slot, Use::Data)?;
    // SAFETY: the program lies in its slot, and relocations have written to all of it but the stack.
    unsafe {
        cache::clean(slot.start.0, start as u64);
        translation.turn_on();
    }
    Ok(translation)
}

/// Maps the package, the working memory, the destinations and the `device_tree`.
pub(crate) fn add(
    translation: &mut Translation,
    found: &Found,
    device_tree: &[u8],
) -> Result<(), TablesError> {
    translation.map(found.memory, Use::Data)?;
    if let Some(scratch) = found.package.scratch.memory() {
        translation.map(scratch, Use::Data)?;
    }
    for chunk in found.package.chunks {
        translation.map(chunk.memory(), Use::Data)?;
    }
    let start = PhysAddr(device_tree.as_ptr().addr() as u64);
    translation.map(
        PhysRange::new(start, device_tree.len() as u64),
        Use::Constants,
    )
}

/// Address of the memory for the page tables, behind the package header at the slot's end.
fn pool() -> usize {
    let end = address_of!("_end").addr();
    end.next_multiple_of(PAGE_SIZE as usize) + PACKAGE_HEADER_MAX_SIZE
}

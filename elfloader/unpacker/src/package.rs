// SPDX-License-Identifier: BSD-2-Clause

//! Reads the package header.

use core::ptr;
use core::slice;
use core::sync::atomic::Ordering::Relaxed;

use kaal_integrity::crc32c;
use kaal_payload::{
    HEADER_ALIGNMENT, PACKAGE_END, PACKAGE_HEADER_MAX_SIZE, PACKAGE_VERSION, PAGE_SIZE, Package,
    PhysAddr, PhysRange, Place, UNPACKER_NOTE_TYPE, slot_size,
};
use kaal_runtime::link::Note;
use kaal_runtime::{address_of, console, fail, firmware};

use crate::start::{NOT_MOVED, PACKAGE};

#[used]
#[unsafe(link_section = ".note.kaal")]
static NOTE: Note<u32> = Note::new(UNPACKER_NOTE_TYPE, PACKAGE_VERSION);

/// The package.
pub(crate) struct Found {
    /// Its header.
    pub(crate) package: Package<'static>,
    /// Its memory.
    pub(crate) memory: PhysRange,
    /// The slot that this code runs in, and the room for a device tree.
    pub(crate) place: Place,
}

/// Finds the package of this unpacker. `firmware_x0` is the firmware's x0.
pub(crate) fn find(firmware_x0: u64) -> Found {
    let address = PACKAGE.load(Relaxed);
    let has_moved = address != NOT_MOVED;
    let bytes = if has_moved {
        behind(address_of!("_end"), PAGE_SIZE)
    } else {
        behind(address_of!("_edata"), HEADER_ALIGNMENT)
    };
    console::start(&Package::peek_machine(bytes));
    firmware::left_identity();
    let package = match Package::parse(bytes, crc32c) {
        Ok(package) => package,
        Err(error) => fail!("{error}; the image is damaged, build or load it again"),
    };
    let memory = PhysRange::new(PhysAddr(address), package.size);
    let place = package.scratch.place(memory, firmware_x0);
    let start = address_of!("__ehdr_start").addr();
    let size = address_of!("_end").addr() - start;
    let fits = place.slot.start.0 == start as u64 && place.slot.size() == slot_size(size as u64);
    if !has_moved || !fits {
        fail!("the package header is for another unpacker; build the image again");
    }
    Found {
        package,
        memory,
        place,
    }
}

impl Found {
    /// Ends the boot if the last bytes of the package are missing, because only a part was loaded.
    pub(crate) fn check_end(&self) {
        let end = self.memory.end;
        let place: *const [u8; PACKAGE_END.len()] = ptr::with_exposed_provenance(end.0 as usize);
        // SAFETY: a package is larger than its end mark, and its end is aligned to it.
        let found = unsafe { place.sub(1).cast::<u64>().read() };
        if found != u64::from_le_bytes(PACKAGE_END) {
            fail!("the image ends before {end}, its expected end; load all of it");
        }
    }
}

/// The memory for a header at the first multiple of `alignment` from `end` on.
fn behind(end: *const u8, alignment: u64) -> &'static [u8] {
    let padding = end.addr().next_multiple_of(alignment as usize) - end.addr();
    // SAFETY: every package has a header there, and every slot a copy of it. Nothing writes to it.
    unsafe { slice::from_raw_parts(end.wrapping_add(padding), PACKAGE_HEADER_MAX_SIZE) }
}

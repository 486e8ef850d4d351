// SPDX-License-Identifier: BSD-2-Clause

//! Moves the firmware's device tree to where nothing is unpacked to.
//!
//! Whether it decides, and what is in it, is for the loader to find out.

use core::ptr;
use core::slice;

use kaal_devicetree::Header;
use kaal_payload::{Decimal, PhysRange};
use kaal_runtime::{copy, fail};

use crate::memory;

/// Alignment that the format asks for (Devicetree Specification v0.4, section 5.6).
const ALIGNMENT: usize = 8;

/// Moves the device tree that `firmware_x0` points to, if there is one, to `room`. Returns what the
/// loader is to find in x0: its address, or 0.
pub(crate) fn rescue(firmware_x0: u64, room: PhysRange) -> u64 {
    let address = firmware_x0 as usize;
    if address == 0 || !address.is_multiple_of(ALIGNMENT) {
        return 0;
    }
    let from: *const u8 = ptr::with_exposed_provenance(address);
    // SAFETY: nothing writes to memory that the firmware may have passed on. Where there is no
    // memory, the fault is reported as one of this step.
    let header = unsafe { slice::from_raw_parts(from, Header::SIZE) };
    let Ok(header) = Header::parse(header) else {
        return 0;
    };
    let size = header.used_size().next_multiple_of(ALIGNMENT);
    if size as u64 > room.size() {
        fail!(
            "the firmware's device tree takes {} bytes, at most {} are allowed",
            Decimal(size as u64),
            Decimal(room.size())
        );
    }
    let to: *mut u8 = ptr::with_exposed_provenance_mut(room.start.0 as usize);
    // SAFETY: the header says that there is as much, and the builder keeps the room free. What of it
    // is in caches is neither what is written now nor to be written over it.
    unsafe {
        memory::clean(room.start, size as u64);
        copy::words(from.cast(), to.cast(), size);
        memory::clean(room.start, size as u64);
    }
    room.start.0
}

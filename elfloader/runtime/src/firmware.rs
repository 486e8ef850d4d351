// SPDX-License-Identifier: BSD-2-Clause

//! The state that the firmware leaves.

use core::ptr;
use core::slice;
use core::sync::atomic::Ordering::Relaxed;

use kaal_devicetree::Header;
use kaal_payload::{PhysAddr, PhysRange};

use crate::registers::SCTLR_M;
use crate::state::HAD_CACHES;
use crate::{cache, fail, read_own_register};

/// Alignment in bytes of a device tree (Devicetree Specification v0.4, section 5.6).
pub const DEVICE_TREE_ALIGNMENT: usize = 8;

/// Ends the boot if the MMU is still on: a program can turn it off only if it lies at its physical address.
pub fn left_identity() {
    if read_own_register!("sctlr") & SCTLR_M != 0 {
        fail!(
            "the firmware entered the loader with the MMU on, at a virtual address that is not the \
             physical one; turn the MMU off first"
        );
    }
}

/// Cleans `memory` if the firmware's writes to it may still be in the data cache.
pub fn clean(memory: PhysRange) {
    if HAD_CACHES.load(Relaxed) {
        // SAFETY: the caller's memory is mapped, or the MMU is off.
        unsafe { cache::clean(memory.start.0, memory.end.0) };
    }
}

/// The header and the bytes of the device tree at `address`, if the header is valid.
pub fn device_tree(address: usize) -> Option<(Header, &'static [u8])> {
    if address == 0 || !address.is_multiple_of(DEVICE_TREE_ALIGNMENT) {
        return None;
    }
    let start = ptr::with_exposed_provenance(address);
    clean(PhysRange::new(
        PhysAddr(address as u64),
        Header::SIZE as u64,
    ));
    // SAFETY: programs write to a device tree only after they have read it. If there is no memory, the fault report
    // names this step.
    let header = unsafe { slice::from_raw_parts(start, Header::SIZE) };
    let header = Header::parse(header).ok()?;
    // SAFETY: as above; the size is from the header.
    let bytes = unsafe { slice::from_raw_parts(start, header.used_size()) };
    Some((header, bytes))
}

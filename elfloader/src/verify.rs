// SPDX-License-Identifier: BSD-2-Clause

//! Checks what the builder can't know: does the payload fit this machine? What doesn't would be a
//! silent hang of the kernel, so it is named here.

use core::ptr;
use core::slice;

use kaal_payload::{Decimal, ExceptionLevel, Hex, Integrity, LogLevel, Payload, PhysRange, Text};

use kaal_runtime::crc32c::crc32c;
use kaal_runtime::registers::{SCTLR_M, current_level, has_el2};
use kaal_runtime::{fail, log, read_register};

use crate::device_tree::Found;

/// The loader accesses memory past the caches; what a firmware still has in them would be missed.
pub(crate) fn translation_is_off() {
    let control = match current_level() {
        1 => read_register!("sctlr_el1"),
        2 => read_register!("sctlr_el2"),
        _ => read_register!("sctlr_el3"),
    };
    if control & SCTLR_M != 0 {
        fail!(
            "the firmware entered the loader with the MMU on, which must be off; with U-Boot, \
             enter `dcache off` first"
        );
    }
}

/// A kernel with hypervisor support runs at EL2 only.
pub(crate) fn exception_level(payload: &Payload<'_>) {
    if payload.exception_level == ExceptionLevel::El1 {
        return;
    }
    let reason = match current_level() {
        1 => "but the firmware entered the loader at EL1",
        _ if !has_el2() => "which this processor does not have",
        _ => return,
    };
    fail!(
        "the kernel has hypervisor support and must be entered at EL2, {}; with QEMU, add \
         -machine virt,virtualization=on",
        Text(reason)
    );
}

/// All memory that the payload uses must be RAM, as far as the firmware tells.
pub(crate) fn ram(payload: &Payload<'_>, device_tree: &Found) {
    let Some((_, tree)) = &device_tree.firmware else {
        return;
    };
    let slot = payload.device_tree;
    let slot = PhysRange::from_size(slot.start, slot.capacity);
    let regions = payload.regions.iter().map(|region| region.memory());
    for memory in regions.chain([slot]).flatten() {
        if !kaal_machine::is_ram(tree, memory) {
            fail!(
                "the image needs {memory}, which is not RAM of this machine; give it more \
                 memory, or build the image for it with --dtb"
            );
        }
    }
}

/// Compares each region's checksum, if the payload asks for it.
pub(crate) fn regions(payload: &Payload<'_>) {
    for (index, region) in payload.regions.iter().enumerate() {
        let index = Decimal(index as u64);
        let (Some(kind), Some(memory)) = (region.kind(), region.memory()) else {
            fail!("region {index} is malformed");
        };
        log!(LogLevel::Debug, "KaaL: region {index}: {memory} {kind}");
        if payload.integrity == Integrity::None {
            continue;
        }
        let start = ptr::with_exposed_provenance(memory.start.0 as usize);
        // SAFETY: the region lies in RAM, and nothing has written to it since it was loaded.
        let bytes = unsafe { slice::from_raw_parts(start, region.file_size() as usize) };
        let found = crc32c(bytes);
        if found != region.checksum() {
            fail!(
                "region {index} ({kind}, {memory}) is damaged: CRC-32C {} expected, {} found; \
                 load the image again",
                Hex(region.checksum().into()),
                Hex(found.into())
            );
        }
    }
}

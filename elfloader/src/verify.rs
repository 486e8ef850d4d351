// SPDX-License-Identifier: BSD-2-Clause

//! Checks what the builder can't know: does the payload fit this machine? What doesn't would be a
//! silent hang of the kernel, so it is named here.

use core::fmt;
use core::ptr;
use core::slice;

use kaal_machine::{Availability, DeviceTree};
use kaal_payload::{Decimal, ExceptionLevel, Hex, Integrity, LogLevel, Payload, PhysRange, Text};

use kaal_runtime::crc32c::crc32c;
use kaal_runtime::registers::{current_level, has_el2};
use kaal_runtime::{fail, log};

use crate::device_tree::Found;

/// A kernel with hypervisor support runs at EL2 only.
pub(crate) fn exception_level(payload: &Payload<'_>) {
    if payload.exception_level == ExceptionLevel::El1 {
        return;
    }
    let obstacle = match current_level() {
        1 => "but the firmware entered the loader at EL1",
        _ if !has_el2() => "which this processor does not have",
        _ => return,
    };
    fail!(
        "the kernel has hypervisor support and must be entered at EL2, {}; with QEMU, add \
         -machine virt,virtualization=on",
        Text(obstacle)
    );
}

/// All memory that the image uses must be RAM that the firmware doesn't keep to itself, as far as
/// its device tree tells.
///
/// Memory that is reserved without `no-map` is no error: the device tree itself and an initial RAM
/// disk are listed so, which seL4 has no use for, and it takes all such memory as RAM.
pub(crate) fn memory(payload: &Payload<'_>, device_tree: &Found) {
    let Some((_, tree)) = &device_tree.firmware else {
        return;
    };
    for memory in memory_used(payload) {
        match kaal_machine::availability(tree, memory) {
            Availability::Free => {}
            Availability::Reserved(reserved) => log!(
                LogLevel::Debug,
                "KaaL: the image takes {memory}, of which {reserved} is reserved"
            ),
            Availability::NoMap(reserved) => fail!(
                "the image needs {memory}, of which the firmware keeps {reserved} to itself \
                 (no-map); build the image for it with --dtb"
            ),
            Availability::NotRam => fail!(
                "the image needs {memory}, but this machine's RAM is{}; give it more memory, or \
                 build the image for it with --dtb",
                Banks(tree)
            ),
        }
    }
}

/// Shown as what follows "RAM is".
struct Banks<'a>(&'a DeviceTree<'a>);

impl fmt::Display for Banks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut otherwise = " nothing";
        for bank in kaal_machine::ram(self.0) {
            otherwise = "";
            write!(f, " {bank}")?;
        }
        f.write_str(otherwise)
    }
}

/// The memory of the loader, of all regions and of the device tree's slot.
fn memory_used(payload: &Payload<'_>) -> impl Iterator<Item = PhysRange> {
    let slot = payload.device_tree;
    let slot = PhysRange::from_size(slot.start, slot.capacity);
    let loader = PhysRange {
        start: payload.load_address,
        end: payload.tables.ttbr0,
    };
    let regions = payload.regions.iter().filter_map(|region| region.memory());
    regions.chain(slot).chain([loader])
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

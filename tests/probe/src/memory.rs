// SPDX-License-Identifier: BSD-2-Clause

//! Rows that memory answers, under the probe's own translation.

use core::slice;

use crc::{CRC_32_ISCSI, Crc};
use kaal_machine::{Availability, DeviceTree};
use kaal_payload::{PhysAddr, PhysRange};

use crate::handover::Arguments;
use crate::report::Report;
use crate::{image, supplied};

/// The first physical address that seL4's kernel window doesn't reach: `PADDR_TOP` (seL4 16.0.0,
/// `include/arch/arm/arch/64/mode/hardware.h`).
const PADDR_TOP: u64 = (1 << 39) - (1 << 30);

/// The magic number of a device tree, as its first four bytes.
const DTB_MAGIC: [u8; 4] = [0xd0, 0x0d, 0xfe, 0xed];

/// Checks device tree and user image; returns the device tree.
pub(crate) fn check(arguments: &Arguments, report: &mut Report) -> Option<DeviceTree<'static>> {
    let kernel = image::memory();
    let user = PhysRange {
        start: PhysAddr(arguments.user_start),
        end: PhysAddr(arguments.user_end),
    };
    let dtb = PhysRange::from_size(PhysAddr(arguments.dtb_start), arguments.dtb_size)?;
    report.at_least(
        "device tree lies behind the kernel",
        kernel.end.0,
        dtb.start.0,
    );
    report.at_least(
        "user image lies behind the device tree",
        dtb.end.0,
        user.start.0,
    );
    report.at_least("user image ends below PADDR_TOP", user.end.0, PADDR_TOP);

    // SAFETY: these are addresses in the window that the probe's translation maps.
    let (dtb_bytes, user_bytes) = unsafe { (bytes(dtb), bytes(user)) };
    let tree = device_tree_rows(dtb_bytes, report)?;
    report.holds("kernel is in RAM of its own", is_own(&tree, kernel));
    report.holds("device tree is in RAM of its own", is_own(&tree, dtb));
    report.holds("user image is in RAM of its own", is_own(&tree, user));

    let found = Crc::<u32>::new(&CRC_32_ISCSI).checksum(user_bytes);
    match supplied::user_image_crc32c() {
        None => report.equal(
            "user image's CRC-32C, none supplied",
            found.into(),
            found.into(),
        ),
        Some(expected) => report.equal("user image's CRC-32C", expected.into(), found.into()),
    }
    Some(tree)
}

/// Whether `memory` is RAM that nobody else maps; seL4 takes other reserved memory as RAM.
fn is_own(tree: &DeviceTree<'_>, memory: PhysRange) -> bool {
    matches!(
        kaal_machine::availability(tree, memory),
        Availability::Free | Availability::Reserved(_)
    )
}

fn device_tree_rows(bytes: &'static [u8], report: &mut Report) -> Option<DeviceTree<'static>> {
    report.holds("device tree's magic number", bytes.starts_with(&DTB_MAGIC));
    let size = bytes.get(4..).and_then(|rest| rest.first_chunk());
    let size = size.map_or(0, |size| u32::from_be_bytes(*size));
    report.equal(
        "device tree's size is the one passed",
        size.into(),
        bytes.len() as u64,
    );
    let tree = DeviceTree::parse(bytes).ok();
    report.holds("device tree is well-formed", tree.is_some());
    tree
}

/// # Safety
///
/// `memory` must be in the part of the window that is RAM, and nothing may write to it.
unsafe fn bytes(memory: PhysRange) -> &'static [u8] {
    let start = (image::window_base() + memory.start.0) as usize;
    let start = core::ptr::with_exposed_provenance(start);
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(start, memory.size() as usize) }
}

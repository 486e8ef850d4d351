// SPDX-License-Identifier: BSD-2-Clause

//! Rows about memory, under the probe's own translation.

use core::slice;

use crc::{CRC_32_ISCSI, Crc};
use kaal_devicetree::{Availability, DeviceTree, Facts};
use kaal_payload::{PhysAddr, PhysRange};

use crate::console::println;
use crate::handover::Arguments;
use crate::report::Report;
use crate::supplied::{self, Subject};
use crate::{device_tree, image};

/// The end of the physical memory in seL4's kernel window: `PADDR_TOP` (seL4 16.0.0,
/// `include/arch/arm/arch/64/mode/hardware.h`).
const PADDR_TOP: u64 = (1 << 39) - (1 << 30);

/// Checks device tree and user image, and returns the device tree with its facts if there must be one.
pub(crate) fn check(
    arguments: &Arguments,
    report: &mut Report,
) -> Option<(DeviceTree<'static>, Facts)> {
    let kernel = image::memory();
    let user = PhysRange {
        start: PhysAddr(arguments.user_start),
        end: PhysAddr(arguments.user_end),
    };
    report.at_least("user image ends below PADDR_TOP", user.end.0, PADDR_TOP);
    if supplied::expects_no_device_tree() {
        report.equal("device tree's address, of none", 0, arguments.dtb_start);
        report.equal("device tree's size, of none", 0, arguments.dtb_size);
        report.at_least(
            "user image lies behind the kernel",
            kernel.end.0,
            user.start.0,
        );
        check_content(user, report);
        return None;
    }
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

    // SAFETY: the probe's translation maps these addresses in the window.
    let dtb_bytes = unsafe { bytes(dtb) };
    let (tree, facts) = device_tree::check(dtb_bytes, report)?;
    report.holds("kernel is in RAM of its own", is_own(&facts, kernel));
    report.holds("device tree is in RAM of its own", is_own(&facts, dtb));
    report.holds("user image is in RAM of its own", is_own(&facts, user));
    check_content(user, report);
    Some((tree, facts))
}

/// Checks the content of the user image.
fn check_content(user: PhysRange, report: &mut Report) {
    // SAFETY: the probe's translation maps these addresses in the window.
    let user_bytes = unsafe { bytes(user) };
    supplied::user_image().check(
        Subject {
            name: "user image's CRC-32C",
            without_checksum: "user image's CRC-32C, none supplied",
        },
        Crc::<u32>::new(&CRC_32_ISCSI).checksum(user_bytes),
        report,
    );
}

/// Prints whether all memory between device tree and user image is zero.
pub(crate) fn print_behind_the_device_tree(arguments: &Arguments) {
    let rest = PhysRange {
        start: PhysAddr(arguments.dtb_start + arguments.dtb_size),
        end: PhysAddr(arguments.user_start),
    };
    // SAFETY: the report says that the user image lies behind the device tree, and both in RAM.
    let is_zero = unsafe { bytes(rest) }.iter().all(|&byte| byte == 0);
    println!(
        "probe: the memory behind the device tree is {}",
        if is_zero { "zero" } else { "not zero" }
    );
}

/// Whether `memory` is RAM and not `no-map`. seL4 takes other reserved memory as RAM.
fn is_own(facts: &Facts, memory: PhysRange) -> bool {
    matches!(
        facts.availability(memory),
        Availability::Free | Availability::Reserved(_)
    )
}

/// # Safety
///
/// `memory` must be RAM within the window, and nothing may write to it.
unsafe fn bytes(memory: PhysRange) -> &'static [u8] {
    let start = (image::window_base() + memory.start.0) as usize;
    let start = core::ptr::with_exposed_provenance(start);
    // SAFETY: the caller vouches for the memory.
    unsafe { slice::from_raw_parts(start, memory.size() as usize) }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Places the unpacker's working memory.

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange, Scratch};

use crate::diagnostic::Diagnostic;
use crate::layout::plan::Plan;
use crate::memory::ranges;
use crate::parts::Parts;
use crate::sel4::PADDR_TOP;

/// Places the working memory with slots of `slot_size` bytes, for a package of `package_size`
/// bytes: above all parts of the image, or else anywhere in free RAM.
pub(super) fn place(
    parts: &Parts<'_>,
    plan: &Plan,
    slot_size: u64,
    package_size: u64,
) -> Result<Scratch, Diagnostic> {
    let scratch = |start| Scratch::new(start, slot_size, package_size);
    let taken = plan.things().map(|(_, place)| place);
    let top = taken.iter().map(|place| place.end).max();
    let free = ranges::subtract(parts.memory.unreserved(parts.kernel.memory), taken);
    let above = ranges::intersect(
        &free,
        &[PhysRange::from(top.unwrap_or_default()..PADDR_TOP)],
    );
    let needed = scratch(PhysAddr(0));
    above
        .iter()
        .chain(&free)
        .find_map(|range| {
            let start = range.start.0.checked_next_multiple_of(PAGE_SIZE)?;
            let scratch = scratch(PhysAddr(start));
            range.contains(scratch.memory()?).then_some(scratch)
        })
        .ok_or_else(|| {
            let size = needed
                .size()
                .map_or("too many".to_owned(), |size| size.to_string());
            parts
                .settings
                .format
                .origin()
                .diagnostic("no room in RAM for the unpacker's working memory")
                .expected(format!("{size} free bytes in one piece below {PADDR_TOP}"))
                .found(format!("RAM {}", parts.memory))
                .remedy(
                    "choose --format elf, which needs no unpacker, or pass a platform with more RAM",
                )
        })
}

/// The areas of `scratch`, for the memory map.
pub(super) fn describe(scratch: Scratch) -> Vec<(&'static str, PhysRange)> {
    let spare = scratch.spare();
    let whole = scratch.memory().unwrap_or(spare);
    let area = |start, end| PhysRange { start, end };
    vec![
        ("unpacker's work area", area(whole.start, spare.start)),
        ("unpacker's spare room", spare),
        ("unpacker's work area", area(spare.end, whole.end)),
    ]
}

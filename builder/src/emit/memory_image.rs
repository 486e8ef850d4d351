// SPDX-License-Identifier: BSD-2-Clause

//! Makes the memory that the kernel starts with, except for the page tables.

use kaal_payload::{Integrity, PhysAddr, PhysRange, Region, RegionKind};

use crate::elf::Segment;
use crate::format::digest::digest;
use crate::layout::plan::Plan;
use crate::memory::chunk::{self, Chunk, Fragment};
use crate::parts::Parts;

/// Memory and its purpose.
pub(crate) type Piece<'a> = (RegionKind, Chunk<'a>);

/// The kernel and the user image, including the zeroes between their segments.
pub(crate) fn programs<'a>(parts: &Parts<'a>, plan: &Plan) -> Vec<Piece<'a>> {
    let offset = parts.user_image.offset(plan.user_image);
    let kernel = fragments(&parts.kernel.segments, |segment| segment.phys);
    let user_image = fragments(&parts.user_image.segments, |segment| {
        segment.virt.wrapping_add(offset)
    });
    let kernel = chunk::cover(plan.kernel, kernel);
    let user_image = chunk::cover(plan.user_image, user_image);
    let kernel = kernel.into_iter().map(|chunk| (RegionKind::Kernel, chunk));
    let user_image = user_image.into_iter();
    kernel
        .chain(user_image.map(|chunk| (RegionKind::UserImage, chunk)))
        .collect()
}

/// The device tree `blob` in its slot. Without one, the image leaves the slot alone: the firmware
/// may keep its own there.
pub(crate) fn device_tree<'a>(parts: &Parts<'_>, plan: &Plan, blob: &'a [u8]) -> Option<Piece<'a>> {
    let chunk = Chunk {
        memory: PhysRange::new(plan.device_tree.start, parts.tree_capacity()),
        content: blob,
    };
    (!blob.is_empty()).then_some((RegionKind::DeviceTree, chunk))
}

/// The regions in the payload header for `pieces`, in ascending order.
pub(crate) fn regions<'a>(
    pieces: impl Iterator<Item = &'a Piece<'a>>,
    integrity: Integrity,
) -> Vec<Region> {
    let mut regions: Vec<_> = pieces
        .map(|(kind, Chunk { memory, content })| {
            let digest = digest(integrity, content);
            Region::new(*kind, *memory, content.len() as u64, digest)
        })
        .collect();
    regions.sort_by_key(|region| region.memory());
    regions
}

fn fragments<'a>(
    segments: &[Segment<'a>],
    start: impl Fn(&Segment<'a>) -> u64,
) -> impl Iterator<Item = Fragment<'a>> {
    let fragment = move |segment: &Segment<'a>| (PhysAddr(start(segment)), segment.content);
    segments.iter().map(fragment)
}

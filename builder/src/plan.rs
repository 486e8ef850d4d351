// SPDX-License-Identifier: BSD-2-Clause

//! Where everything in an image lies.
//!
//! ```text
//!  kernel's paddr                                                2 MiB boundary
//!  |                                                             |
//!  v                                                             v
//!  +--------+------------------+------------+--------------------+--------+--------+--------+
//!  | kernel | device tree slot | user image |                    | loader | header | tables |
//!  +--------+------------------+------------+--------------------+--------+--------+--------+
//! ```
//!
//! The kernel stays where it was linked for. Device tree and user image follow in the order that
//! it checks, each at the lowest page that is RAM. The loader takes what is left: above the user
//! image, else below the kernel; it needs a translation table less where it doesn't cross a 2 MiB
//! boundary.

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

use crate::kernel::PADDR_TOP;
use crate::ram;

/// Preferred alignment of the loader in bytes: what one level 3 table maps.
const LOADER_ALIGNMENT: u64 = 2 << 20;

/// What is to be placed. All sizes are multiples of [`PAGE_SIZE`].
pub(crate) struct Request<'a> {
    /// The kernel's pages.
    pub(crate) kernel: PhysRange,
    /// Bytes for the device tree.
    pub(crate) device_tree: u64,
    /// Bytes of the user image.
    pub(crate) user_image: u64,
    /// Offset in bytes of the user image from the kernel, if it isn't free to choose.
    pub(crate) user_image_offset: Option<u64>,
    /// Bytes that the loader, its payload header and the translation tables take for a loader at
    /// the given address.
    pub(crate) loader: &'a dyn Fn(PhysAddr) -> u64,
    /// The memory to place them in.
    pub(crate) ram: &'a [PhysRange],
}

/// Something that has a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Kernel,
    DeviceTree,
    UserImage,
    Loader,
}

/// Where everything lies, in whole pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The kernel.
    pub(crate) kernel: PhysRange,
    /// The device tree slot.
    pub(crate) device_tree: PhysRange,
    /// The user image.
    pub(crate) user_image: PhysRange,
    /// The loader, its payload header and the translation tables.
    pub(crate) loader: PhysRange,
}

impl Plan {
    /// Everything that has a place.
    pub(crate) fn things(&self) -> [(Thing, PhysRange); 4] {
        [
            (Thing::Kernel, self.kernel),
            (Thing::DeviceTree, self.device_tree),
            (Thing::UserImage, self.user_image),
            (Thing::Loader, self.loader),
        ]
    }
}

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// No free memory is large enough.
    NoRoom {
        /// What has no place.
        thing: Thing,
        /// Its size in bytes.
        size: u64,
    },
    /// The user image's offset isn't a multiple of the page size, or lies before the lowest one
    /// that the kernel accepts.
    Offset {
        /// The lowest possible offset in bytes.
        lowest: u64,
    },
    /// Two things are at the same place.
    Overlap((Thing, PhysRange), (Thing, PhysRange)),
}

/// Places everything.
pub(crate) fn place(request: &Request<'_>) -> Result<Plan, Misfit> {
    let kernel = request.kernel;
    let usable = ram::intersect(
        request.ram,
        &[PhysRange {
            start: PhysAddr(0),
            end: PADDR_TOP,
        }],
    );
    let device_tree =
        lowest(&usable, kernel.end, PAGE_SIZE, |_| request.device_tree).ok_or(Misfit::NoRoom {
            thing: Thing::DeviceTree,
            size: request.device_tree,
        })?;
    let no_room_for_user_image = Misfit::NoRoom {
        thing: Thing::UserImage,
        size: request.user_image,
    };
    let user_image = match request.user_image_offset {
        None => lowest(&usable, device_tree.end, PAGE_SIZE, |_| request.user_image),
        Some(offset) => {
            let lowest = device_tree.end.0 - kernel.start.0;
            if offset < lowest || !offset.is_multiple_of(PAGE_SIZE) {
                return Err(Misfit::Offset { lowest });
            }
            kernel
                .start
                .0
                .checked_add(offset)
                .and_then(|start| PhysRange::from_size(PhysAddr(start), request.user_image))
                .filter(|place| place.end <= PADDR_TOP)
        }
    }
    .ok_or(no_room_for_user_image)?;
    let loader = place_loader(&usable, kernel, user_image, request.loader)?;
    let plan = Plan {
        kernel,
        device_tree,
        user_image,
        loader,
    };
    check_disjoint(&plan.things())?;
    Ok(plan)
}

/// The lowest place in `set` at or above `from`, of the size that `size` tells for a start.
fn lowest(
    set: &[PhysRange],
    from: PhysAddr,
    alignment: u64,
    size: impl Fn(PhysAddr) -> u64,
) -> Option<PhysRange> {
    set.iter().find_map(|range| {
        let start = range
            .start
            .max(from)
            .0
            .checked_next_multiple_of(alignment)?;
        let place = PhysRange::from_size(PhysAddr(start), size(PhysAddr(start)))?;
        range.contains(place).then_some(place)
    })
}

fn place_loader(
    usable: &[PhysRange],
    kernel: PhysRange,
    user_image: PhysRange,
    size: &dyn Fn(PhysAddr) -> u64,
) -> Result<PhysRange, Misfit> {
    let below: Vec<_> = usable
        .iter()
        .map(|&range| ram::clip(range, PhysAddr(0), kernel.start))
        .collect();
    [LOADER_ALIGNMENT, PAGE_SIZE]
        .into_iter()
        .find_map(|alignment| {
            lowest(usable, user_image.end, alignment, size)
                .or_else(|| lowest(&below, PhysAddr(0), alignment, size))
        })
        .ok_or_else(|| Misfit::NoRoom {
            thing: Thing::Loader,
            size: size(user_image.end),
        })
}

fn check_disjoint(things: &[(Thing, PhysRange)]) -> Result<(), Misfit> {
    for (index, &one) in things.iter().enumerate() {
        for &other in things.iter().skip(index + 1) {
            if one.1.overlaps(other.1) {
                return Err(Misfit::Overlap(one, other));
            }
        }
    }
    Ok(())
}

// SPDX-License-Identifier: BSD-2-Clause

//! Where everything in an image lies.
//!
//! ```text
//!  kernel's paddr                                          2 MiB boundary
//!  |                                                       |
//!  v                                                       v
//!  +--------+------------------+------------+--------------+--------+--------+--------+---------+
//!  | kernel | device tree slot | user image |              | loader | header | tables | symbols |
//!  +--------+------------------+------------+--------------+--------+--------+--------+---------+
//! ```
//!
//! The kernel stays where it was linked for. Device tree and user image follow in the order that
//! it checks, each at the lowest pages that are free. The loader takes what is left: above the user
//! image, else below the kernel, else in between; it needs a translation table less where it doesn't
//! cross a 2 MiB boundary.
//!
//! Where there is a place for everything, this finds one: each of the orders in which the parts can
//! follow one another is tried, and with each part as low as it can be, most is left for the next.

use kaal_payload::{PhysAddr, PhysRange};

mod search;
#[cfg(test)]
mod tests;

/// What is to be placed. All sizes are multiples of [`kaal_payload::PAGE_SIZE`].
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The kernel's pages.
    pub(crate) kernel: PhysRange,
    /// Bytes for the device tree.
    pub(crate) device_tree: u64,
    /// Bytes of the user image.
    pub(crate) user_image: u64,
    /// Offset in bytes of the user image from the kernel, if it isn't free to choose.
    pub(crate) user_image_offset: Option<u64>,
    /// Bytes that the loader takes, with all that lies behind it, for a loader at the given address.
    pub(crate) loader: &'a dyn Fn(PhysAddr) -> u64,
    /// All memory that they may lie in: ascending, disjoint.
    pub(crate) ram: &'a [PhysRange],
    /// The part of it for what is free to choose.
    pub(crate) free: &'a [PhysRange],
}

/// Something that has a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
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
    /// The loader, its payload header, the translation tables and the symbols.
    pub(crate) loader: PhysRange,
}

impl Plan {
    /// What lies where.
    pub(crate) fn things(&self) -> [(Item, PhysRange); 4] {
        [
            (Item::Kernel, self.kernel),
            (Item::DeviceTree, self.device_tree),
            (Item::UserImage, self.user_image),
            (Item::Loader, self.loader),
        ]
    }

    /// Checks everything against everything else.
    fn check(&self) -> Result<(), PlacementError> {
        let things = self.things();
        for (index, &one) in things.iter().enumerate() {
            for &other in &things[..index] {
                if one.1.overlaps(other.1) {
                    return Err(PlacementError::Overlap(other, one));
                }
            }
        }
        Ok(())
    }
}

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlacementError {
    /// No free memory is large enough.
    NoRoom {
        /// What has no place.
        item: Item,
        /// Its size in bytes.
        size: u64,
    },
    /// The user image's offset isn't a multiple of the page size, or lies before the lowest one
    /// that the kernel accepts.
    Offset {
        /// The lowest possible offset in bytes.
        lowest: u64,
    },
    /// Something that can't move doesn't lie in RAM.
    OutsideRam {
        /// What it is.
        item: Item,
        /// Where it would lie.
        place: PhysRange,
    },
    /// Two things are at the same place.
    Overlap((Item, PhysRange), (Item, PhysRange)),
}

/// Places everything.
pub(crate) fn place(request: &Request<'_>) -> Result<Plan, PlacementError> {
    search::require_ram(request, Item::Kernel, request.kernel)?;
    let plan = search::best_order(request)
        .or_else(|error| search::other_orders(request).next().ok_or(error))?;
    plan.check()?;
    Ok(plan)
}

/// The ways to place everything, one for each order of the parts: first that of [`place`].
pub(crate) fn places(request: &Request<'_>) -> impl Iterator<Item = Plan> {
    let first = place(request).ok();
    let others = first.map(|_| search::other_orders(request));
    let others = others.into_iter().flatten();
    first
        .into_iter()
        .chain(others.filter(|plan| plan.check().is_ok()))
}

// SPDX-License-Identifier: BSD-2-Clause

//! Plans the places of all parts.
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
//! The kernel stays at its link address. Device tree and user image follow in the order that the
//! kernel checks, each at the lowest free pages. The loader comes above the user image, or else
//! below the kernel, or else in between. It prefers a 2 MiB boundary, because it needs one table
//! less if it doesn't cross any.
//!
//! If there is a place for all parts, the search finds one: it tries each order of the parts and
//! puts each part as low as possible, which leaves the most room for the next.

use kaal_payload::{PhysAddr, PhysRange};

mod search;
#[cfg(test)]
mod tests;

/// The parts to place. All sizes are multiples of [`kaal_payload::PAGE_SIZE`].
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The kernel's pages.
    pub(crate) kernel: PhysRange,
    /// Size in bytes of the device tree slot; 0 if the kernel gets none.
    pub(crate) device_tree: u64,
    /// Size in bytes of the user image.
    pub(crate) user_image: u64,
    /// Offset in bytes of the user image from the kernel, if it is fixed.
    pub(crate) user_image_offset: Option<u64>,
    /// Returns the size in bytes of the loader and all that follows it, for a loader at the given
    /// address.
    pub(crate) loader: &'a dyn Fn(PhysAddr) -> u64,
    /// All memory that parts may lie in: ascending, disjoint.
    pub(crate) ram: &'a [PhysRange],
    /// The parts of `ram` that the plan may choose from.
    pub(crate) free: Free<'a>,
}

/// The memory that each part may be put into.
#[derive(Clone, Copy)]
pub(crate) struct Free<'a> {
    pub(crate) device_tree: &'a [PhysRange],
    pub(crate) user_image: &'a [PhysRange],
    pub(crate) loader: &'a [PhysRange],
}

impl<'a> Free<'a> {
    /// All ways to choose between memory that is better and all memory, those with fewer parts in the latter first.
    pub(crate) fn choices(better: &'a [PhysRange], all: &'a [PhysRange]) -> [Self; 8] {
        let choose = |device_tree, user_image, loader| Self {
            device_tree,
            user_image,
            loader,
        };
        [
            choose(better, better, better),
            choose(all, better, better),
            choose(better, all, better),
            choose(better, better, all),
            choose(all, all, better),
            choose(all, better, all),
            choose(better, all, all),
            choose(all, all, all),
        ]
    }
}

/// A part of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Kernel,
    DeviceTree,
    UserImage,
    Loader,
}

/// The places of all parts, in whole pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The kernel.
    pub(crate) kernel: PhysRange,
    /// The device tree slot.
    pub(crate) device_tree: PhysRange,
    /// The user image.
    pub(crate) user_image: PhysRange,
    /// The loader, its payload header, the page tables and the symbols.
    pub(crate) loader: PhysRange,
}

impl Plan {
    /// The parts and their places.
    pub(crate) fn things(&self) -> [(Item, PhysRange); 4] {
        [
            (Item::Kernel, self.kernel),
            (Item::DeviceTree, self.device_tree),
            (Item::UserImage, self.user_image),
            (Item::Loader, self.loader),
        ]
    }

    /// Checks that no two parts overlap.
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

/// The reason why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlacementError {
    /// No free memory is large enough.
    NoRoom {
        /// The part without a place.
        item: Item,
        /// Its size in bytes.
        size: u64,
    },
    /// The user image's offset isn't a multiple of the page size, or is below the lowest one that
    /// the kernel accepts.
    Offset {
        /// The lowest possible offset in bytes.
        lowest: u64,
    },
    /// A part that can't move lies outside of RAM.
    OutsideRam {
        /// The part.
        item: Item,
        /// Its place.
        place: PhysRange,
    },
    /// Two parts overlap.
    Overlap((Item, PhysRange), (Item, PhysRange)),
}

/// Finds the best plan.
///
/// # Errors
///
/// Returns the reason if there is no plan.
pub(crate) fn place(request: &Request<'_>) -> Result<Plan, PlacementError> {
    search::require_ram(request, Item::Kernel, request.kernel)?;
    let plan = search::best_order(request)
        .or_else(|error| search::other_orders(request).next().ok_or(error))?;
    plan.check()?;
    Ok(plan)
}

/// All plans, one for each order of the parts. The first one is that of [`place`].
pub(crate) fn places(request: &Request<'_>) -> impl Iterator<Item = Plan> {
    let first = place(request).ok();
    let others = first.map(|_| search::other_orders(request));
    let others = others.into_iter().flatten();
    first
        .into_iter()
        .chain(others.filter(|plan| plan.check().is_ok()))
}

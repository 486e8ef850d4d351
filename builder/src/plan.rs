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
//! it checks, each at the lowest pages that are free. The loader takes what is left: above the user
//! image, else below the kernel, else in between; it needs a translation table less where it doesn't
//! cross a 2 MiB boundary.
//!
//! Where there is a place for everything, this finds one: each of the orders in which the parts can
//! follow one another is tried, and with each part as low as it can be, most is left for the next.

use std::iter;

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

use crate::ram;

#[cfg(test)]
mod tests;

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
    /// All memory that they may lie in: ascending, disjoint.
    pub(crate) ram: &'a [PhysRange],
    /// The part of it for what is free to choose.
    pub(crate) free: &'a [PhysRange],
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
    /// What lies where.
    pub(crate) fn things(&self) -> [(Thing, PhysRange); 4] {
        [
            (Thing::Kernel, self.kernel),
            (Thing::DeviceTree, self.device_tree),
            (Thing::UserImage, self.user_image),
            (Thing::Loader, self.loader),
        ]
    }

    /// Checks everything against everything else.
    fn check(&self) -> Result<(), Misfit> {
        let things = self.things();
        for (index, &one) in things.iter().enumerate() {
            for &other in &things[..index] {
                if one.1.overlaps(other.1) {
                    return Err(Misfit::Overlap(other, one));
                }
            }
        }
        Ok(())
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
    /// Something that can't move doesn't lie in RAM.
    OutsideRam {
        /// What it is.
        thing: Thing,
        /// Where it would lie.
        place: PhysRange,
    },
    /// Two things are at the same place.
    Overlap((Thing, PhysRange), (Thing, PhysRange)),
}

/// Where the loader lies among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LoaderOrder {
    BelowKernel,
    AboveKernel,
    AboveDeviceTree,
    AboveUserImage,
}

/// All places and alignments of the loader, the best first.
const LOADER_ORDERS: [(LoaderOrder, u64); 6] = [
    (LoaderOrder::AboveUserImage, LOADER_ALIGNMENT),
    (LoaderOrder::BelowKernel, LOADER_ALIGNMENT),
    (LoaderOrder::AboveUserImage, PAGE_SIZE),
    (LoaderOrder::BelowKernel, PAGE_SIZE),
    (LoaderOrder::AboveDeviceTree, PAGE_SIZE),
    (LoaderOrder::AboveKernel, PAGE_SIZE),
];

/// Places everything.
pub(crate) fn place(request: &Request<'_>) -> Result<Plan, Misfit> {
    require_ram(request, Thing::Kernel, request.kernel)?;
    let mut reason = None;
    for (order, alignment) in LOADER_ORDERS {
        match place_in(request, order, alignment) {
            Ok(plan) => {
                plan.check()?;
                return Ok(plan);
            }
            Err(misfit) => reason = reason.or(Some(misfit)),
        }
    }
    Err(reason.unwrap_or(no_room(request, Thing::Loader, request.kernel.end)))
}

/// Places everything, with the loader where `order` says.
fn place_in(request: &Request<'_>, order: LoaderOrder, alignment: u64) -> Result<Plan, Misfit> {
    let free = request.free;
    let mut next = request.kernel.end;
    let mut loader = None;

    if order == LoaderOrder::BelowKernel {
        let below = PhysRange {
            start: PhysAddr(0),
            end: request.kernel.start,
        };
        loader = lowest(
            &ram::intersect(free, &[below]),
            PhysAddr(0),
            alignment,
            request.loader,
        );
    }
    if order == LoaderOrder::AboveKernel {
        loader = lowest(free, next, alignment, request.loader);
        next = loader.map_or(next, |loader| loader.end);
    }
    let device_tree = lowest(free, next, PAGE_SIZE, |_| request.device_tree)
        .ok_or_else(|| no_room(request, Thing::DeviceTree, next))?;
    next = device_tree.end;
    if order == LoaderOrder::AboveDeviceTree {
        loader = lowest(free, next, alignment, request.loader);
        next = loader.map_or(next, |loader| loader.end);
    }
    let user_image = match request.user_image_offset {
        Some(offset) => user_image_at(request, next, offset)?,
        None => lowest(free, next, PAGE_SIZE, |_| request.user_image)
            .ok_or_else(|| no_room(request, Thing::UserImage, next))?,
    };
    if order == LoaderOrder::AboveUserImage {
        loader = lowest(free, user_image.end, alignment, request.loader);
    }
    Ok(Plan {
        kernel: request.kernel,
        device_tree,
        user_image,
        loader: loader.ok_or_else(|| no_room(request, Thing::Loader, user_image.end))?,
    })
}

fn no_room(request: &Request<'_>, thing: Thing, from: PhysAddr) -> Misfit {
    let size = match thing {
        Thing::Kernel => request.kernel.size(),
        Thing::DeviceTree => request.device_tree,
        Thing::UserImage => request.user_image,
        Thing::Loader => (request.loader)(from),
    };
    Misfit::NoRoom { thing, size }
}

fn user_image_at(request: &Request<'_>, from: PhysAddr, offset: u64) -> Result<PhysRange, Misfit> {
    let base = request.kernel.start.0;
    let lowest = from.0 - base;
    if offset < lowest || !offset.is_multiple_of(PAGE_SIZE) {
        return Err(Misfit::Offset { lowest });
    }
    let start = base.saturating_add(offset);
    let place = PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(start.saturating_add(request.user_image)),
    };
    require_ram(request, Thing::UserImage, place)?;
    Ok(place)
}

fn require_ram(request: &Request<'_>, thing: Thing, place: PhysRange) -> Result<(), Misfit> {
    if ram::contains(request.ram, place) {
        Ok(())
    } else {
        Err(Misfit::OutsideRam { thing, place })
    }
}

/// The place in `set` at or above `from` that ends first, of the size that `size` tells for a
/// start.
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
        // What crosses a boundary may need less memory behind it.
        let boundary = start.checked_next_multiple_of(LOADER_ALIGNMENT)?;
        iter::once(start)
            .chain((boundary > start).then_some(boundary))
            .filter(|&start| start < range.end.0)
            .filter_map(|start| PhysRange::from_size(PhysAddr(start), size(PhysAddr(start))))
            .filter(|&place| range.contains(place))
            .min_by_key(|place| place.end)
    })
}

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
    /// The memory to place them in: ascending, disjoint.
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
    /// All places.
    pub(crate) fn places(&self) -> [PhysRange; 4] {
        [self.kernel, self.device_tree, self.user_image, self.loader]
    }

    /// Checks everything against everything else.
    fn check(&self) -> Result<(), Misfit> {
        let things = [
            (Thing::Kernel, self.kernel),
            (Thing::DeviceTree, self.device_tree),
            (Thing::UserImage, self.user_image),
            (Thing::Loader, self.loader),
        ];
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

/// Places everything.
pub(crate) fn place(request: &Request<'_>) -> Result<Plan, Misfit> {
    let kernel = request.kernel;
    require_ram(request, Thing::Kernel, kernel)?;
    let device_tree = lowest(request.ram, kernel.end, PAGE_SIZE, |_| request.device_tree).ok_or(
        Misfit::NoRoom {
            thing: Thing::DeviceTree,
            size: request.device_tree,
        },
    )?;
    let user_image = match request.user_image_offset {
        Some(offset) => user_image_at(request, device_tree, offset)?,
        None => lowest(request.ram, device_tree.end, PAGE_SIZE, |_| {
            request.user_image
        })
        .ok_or(Misfit::NoRoom {
            thing: Thing::UserImage,
            size: request.user_image,
        })?,
    };
    let loader = place_loader(request, user_image)?;
    let plan = Plan {
        kernel,
        device_tree,
        user_image,
        loader,
    };
    plan.check()?;
    Ok(plan)
}

fn user_image_at(
    request: &Request<'_>,
    device_tree: PhysRange,
    offset: u64,
) -> Result<PhysRange, Misfit> {
    let base = request.kernel.start.0;
    let lowest = device_tree.end.0 - base;
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

fn place_loader(request: &Request<'_>, user_image: PhysRange) -> Result<PhysRange, Misfit> {
    let below: Vec<_> = request
        .ram
        .iter()
        .map(|&range| ram::clip(range, PhysAddr(0), request.kernel.start))
        .collect();
    [LOADER_ALIGNMENT, PAGE_SIZE]
        .into_iter()
        .find_map(|alignment| {
            lowest(request.ram, user_image.end, alignment, request.loader)
                .or_else(|| lowest(&below, PhysAddr(0), alignment, request.loader))
        })
        .ok_or_else(|| Misfit::NoRoom {
            thing: Thing::Loader,
            size: (request.loader)(user_image.end),
        })
}

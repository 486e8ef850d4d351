// SPDX-License-Identifier: BSD-2-Clause

//! Searches places for the parts in one order after the other.

use std::iter;

use kaal_payload::{PAGE_SIZE, PhysAddr, PhysRange};

use super::{Item, PlacementError, Plan, Request};
use crate::memory::ranges;

/// Preferred alignment of the loader in bytes: the memory that one level 3 table maps.
pub(super) const LOADER_ALIGNMENT: u64 = 2 << 20;

/// The loader's position among the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    BelowKernel,
    AboveKernel,
    AboveDeviceTree,
    AboveUserImage,
}

/// All orders except that of [`best_order`], the best first, each with the loader's alignment.
const OTHER_ORDERS: [(Order, u64); 5] = [
    (Order::BelowKernel, LOADER_ALIGNMENT),
    (Order::AboveUserImage, PAGE_SIZE),
    (Order::BelowKernel, PAGE_SIZE),
    (Order::AboveDeviceTree, PAGE_SIZE),
    (Order::AboveKernel, PAGE_SIZE),
];

/// Places the loader last, at an alignment that saves a table.
pub(super) fn best_order(request: &Request<'_>) -> Result<Plan, PlacementError> {
    place_in(request, Order::AboveUserImage, LOADER_ALIGNMENT)
}

/// Places the parts in each other order, if it is possible.
pub(super) fn other_orders(request: &Request<'_>) -> impl Iterator<Item = Plan> {
    OTHER_ORDERS
        .into_iter()
        .filter_map(|(order, alignment)| place_in(request, order, alignment).ok())
}

fn place_in(request: &Request<'_>, order: Order, alignment: u64) -> Result<Plan, PlacementError> {
    let no_room = |item, size| PlacementError::NoRoom { item, size };
    let free = request.free;
    let place = |item, free, from, size| {
        lowest(free, from, PAGE_SIZE, |_| size).ok_or_else(|| no_room(item, size))
    };
    let mut loader = None;
    if order == Order::BelowKernel {
        let below = PhysRange::from(PhysAddr(0)..request.kernel.start);
        let below = ranges::intersect(free.loader, &[below]);
        loader = lowest(&below, PhysAddr(0), alignment, request.loader);
    }
    // Returns where the next part may begin: behind `end`, or behind the loader if it follows here.
    let mut behind = |here, end| {
        if order != here {
            return end;
        }
        loader = lowest(free.loader, end, alignment, request.loader);
        loader.map_or(end, |loader| loader.end)
    };

    let next = behind(Order::AboveKernel, request.kernel.end);
    let device_tree = match request.device_tree {
        // It needs no RAM.
        0 => PhysRange::from(next..next),
        size => place(Item::DeviceTree, free.device_tree, next, size)?,
    };
    let next = behind(Order::AboveDeviceTree, device_tree.end);
    let user_image = match request.user_image_offset {
        Some(offset) => user_image_at(request, next, offset)?,
        None => place(Item::UserImage, free.user_image, next, request.user_image)?,
    };
    behind(Order::AboveUserImage, user_image.end);
    Ok(Plan {
        kernel: request.kernel,
        device_tree,
        user_image,
        loader: loader.ok_or_else(|| no_room(Item::Loader, (request.loader)(user_image.end)))?,
    })
}

fn user_image_at(
    request: &Request<'_>,
    from: PhysAddr,
    offset: u64,
) -> Result<PhysRange, PlacementError> {
    let base = request.kernel.start.0;
    let lowest = from.0 - base;
    if offset < lowest || !offset.is_multiple_of(PAGE_SIZE) {
        return Err(PlacementError::Offset { lowest });
    }
    let start = base.saturating_add(offset);
    let place =
        PhysRange::from(PhysAddr(start)..PhysAddr(start.saturating_add(request.user_image)));
    require_ram(request, Item::UserImage, place)?;
    Ok(place)
}

pub(super) fn require_ram(
    request: &Request<'_>,
    item: Item,
    place: PhysRange,
) -> Result<(), PlacementError> {
    if ranges::contains(request.ram, place) {
        Ok(())
    } else {
        Err(PlacementError::OutsideRam { item, place })
    }
}

/// The place in `set` at or above `from` that ends first. `size` returns the size for a start
/// address.
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
        // A loader that begins at the boundary may need fewer tables than one that crosses it.
        let boundary = start.checked_next_multiple_of(LOADER_ALIGNMENT)?;
        iter::once(start)
            .chain((boundary > start).then_some(boundary))
            .filter(|&start| start < range.end.0)
            .filter_map(|start| PhysRange::from_size(PhysAddr(start), size(PhysAddr(start))))
            .filter(|&place| range.contains(place))
            .min_by_key(|place| place.end)
    })
}

// SPDX-License-Identifier: BSD-2-Clause

//! The memory that the unpacker works in.
//!
//! ```text
//!  Scratch::start
//!  |
//!  v
//!  +------+--------------------+------+-------------+------+--------------------+------+
//!  | slot |  device tree room  | slot |    spare    | slot |  device tree room  | slot |
//!  +------+--------------------+------+-------------+------+--------------------+------+
//!   <----------- area -------------->                <----------- area -------------->
//! ```
//!
//! The builder keeps this memory free. It doesn't know where the firmware puts the package and its device tree, and
//! either may overlap this memory. But the spare room is as large as the package, so the package can't overlap both
//! areas. The room in an area is as large as a device tree may be, so the device tree can't overlap both slots of an
//! area. So one of the four slots is always free for the unpacker.

use crate::{PACKAGE_HEADER_MAX_SIZE, PAGE_SIZE, PhysAddr, PhysRange};

/// Size in bytes of the room for the firmware's device tree: the largest that Linux allows
/// (`Documentation/arch/arm64/booting.rst`).
pub const ROOM_SIZE: u64 = 2 << 20;

/// Size in bytes of the page tables at the end of a slot, after the unpacker and its header.
pub const TABLES_SIZE: u64 = 32 * PAGE_SIZE;

/// Size in bytes of a slot for an unpacker that takes `unpacker` bytes of memory: the unpacker, its header and page
/// tables, each at a page boundary.
pub const fn slot_size(unpacker: u64) -> u64 {
    unpacker.next_multiple_of(PAGE_SIZE) + PACKAGE_HEADER_MAX_SIZE as u64 + TABLES_SIZE
}

/// The memory that the unpacker works in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scratch {
    /// Its first byte.
    pub start: PhysAddr,
    /// Size in bytes of a slot, by [`slot_size`].
    pub slot_size: u64,
    /// Size in bytes of the room for a device tree.
    pub room_size: u64,
    /// Size in bytes of the spare room, at least that of the package.
    pub spare_size: u64,
}

/// Where the unpacker works, and where it puts the firmware's device tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Slot for the unpacker itself.
    pub slot: PhysRange,
    /// Room for the device tree.
    pub room: PhysRange,
}

impl Scratch {
    /// The memory for slots of `slot_size` and a package of `package_size` bytes.
    pub const fn new(start: PhysAddr, slot_size: u64, package_size: u64) -> Self {
        Self {
            start,
            slot_size,
            room_size: ROOM_SIZE,
            spare_size: package_size.next_multiple_of(PAGE_SIZE),
        }
    }

    /// Size in bytes of all of it; `None` if it doesn't fit 64 bits.
    pub fn size(&self) -> Option<u64> {
        let slots = self.slot_size.checked_mul(2)?;
        let areas = slots.checked_add(self.room_size)?.checked_mul(2)?;
        areas.checked_add(self.spare_size)
    }

    /// All of it.
    pub fn memory(&self) -> Option<PhysRange> {
        PhysRange::from_size(self.start, self.size()?)
    }

    /// The spare room.
    pub fn spare(&self) -> PhysRange {
        PhysRange::new(
            PhysAddr(self.start.0.wrapping_add(self.area_size())),
            self.spare_size,
        )
    }

    /// Chooses a slot and a room that overlap neither `package` nor the device tree that may begin at
    /// `firmware_x0`. The unpacker's first instructions compute the same.
    pub fn place(&self, package: PhysRange, firmware_x0: u64) -> Place {
        let first = self.start.0;
        let second = self.spare().end.0;
        let is_free = !overlap(package.start.0, package.size(), first, self.area_size());
        let area = if is_free { first } else { second };

        let room = area.wrapping_add(self.slot_size);
        let is_free = !overlap(firmware_x0, self.room_size, area, self.slot_size);
        let slot = if is_free {
            area
        } else {
            room.wrapping_add(self.room_size)
        };
        Place {
            slot: PhysRange::new(PhysAddr(slot), self.slot_size),
            room: PhysRange::new(PhysAddr(room), self.room_size),
        }
    }

    fn area_size(&self) -> u64 {
        self.slot_size.wrapping_mul(2).wrapping_add(self.room_size)
    }
}

/// Whether `size` bytes at `start` and `other_size` bytes at `other` share an address. Either range may wrap around.
fn overlap(start: u64, size: u64, other: u64, other_size: u64) -> bool {
    other.wrapping_sub(start) < size || start.wrapping_sub(other) < other_size
}

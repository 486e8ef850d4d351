// SPDX-License-Identifier: BSD-2-Clause

//! Physical and virtual addresses, as types that can't be mixed up.

use core::fmt;
use core::ops::Range;

use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::Hex;

/// Size in bytes of a page: the smallest granule that seL4 maps on AArch64.
pub const PAGE_SIZE: u64 = 4096;

/// A physical address.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, FromBytes, IntoBytes, Immutable,
)]
#[repr(transparent)]
pub struct PhysAddr(pub u64);

/// A virtual address.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, FromBytes, IntoBytes, Immutable,
)]
#[repr(transparent)]
pub struct VirtAddr(pub u64);

impl PhysAddr {
    /// Whether the address is a multiple of [`PAGE_SIZE`].
    pub const fn is_page_aligned(self) -> bool {
        self.0.is_multiple_of(PAGE_SIZE)
    }
}

/// Shown as `0x40000000`.
impl fmt::Display for PhysAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(self.0).fmt(f)
    }
}

/// Shown as `0xffffff8040000000`.
impl fmt::Display for VirtAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(self.0).fmt(f)
    }
}

/// Physical addresses from `start` up to, not including, `end`.
///
/// ```
/// use kaal_payload::{PhysAddr, PhysRange};
///
/// let kernel = PhysRange::new(PhysAddr(0x4000_0000), 0x4_2000);
/// assert_eq!(kernel.to_string(), "0x40000000..0x40042000");
/// assert_eq!(kernel.size(), 0x4_2000);
/// assert!(!kernel.overlaps(PhysRange::new(kernel.end, 0x1000)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub struct PhysRange {
    /// The first address.
    pub start: PhysAddr,
    /// The address after the last one.
    pub end: PhysAddr,
}

impl PhysRange {
    /// The range of `size` bytes at `start`, or `None` if it would pass the end of the address space.
    pub fn from_size(start: PhysAddr, size: u64) -> Option<Self> {
        let end = PhysAddr(start.0.checked_add(size)?);
        Some(Self { start, end })
    }

    /// The range of `size` bytes at `start`; its end wraps around at the end of the address space.
    pub const fn new(start: PhysAddr, size: u64) -> Self {
        Self {
            start,
            end: PhysAddr(start.0.wrapping_add(size)),
        }
    }

    /// The number of bytes.
    pub const fn size(self) -> u64 {
        self.end.0 - self.start.0
    }

    /// Whether the range contains no address.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Whether all of `other` lies in this range.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two ranges share an address.
    pub fn overlaps(self, other: Self) -> bool {
        self.start.max(other.start) < self.end.min(other.end)
    }
}

impl From<Range<PhysAddr>> for PhysRange {
    fn from(Range { start, end }: Range<PhysAddr>) -> Self {
        Self { start, end }
    }
}

/// Shown as `0x40000000..0x40042000`.
impl fmt::Display for PhysRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

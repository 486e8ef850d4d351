// SPDX-License-Identifier: BSD-2-Clause

//! The untyped memory that the kernel hands to the root task (`create_untypeds`).

use kaal_payload::{ExceptionLevel, PhysAddr, PhysRange};

use super::{BootConfig, Handover, KERNEL_WINDOW, Platform, virtual_base};
use crate::memory::ranges;

/// `seL4_MinUntypedBits`
const LEAST_BITS: u32 = 4;

/// `seL4_MaxUntypedBits`
const MOST_BITS: u32 = 47;

/// A piece of untyped memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Untyped {
    /// Its address.
    pub(crate) start: PhysAddr,
    /// log2 of its size in bytes.
    pub(crate) bits: u32,
    /// Whether it is device memory, which can't hold objects.
    pub(crate) is_device: bool,
}

impl Untyped {
    /// Size in bytes.
    pub(crate) fn size(&self) -> u64 {
        1 << self.bits
    }
}

/// Splits `range` into aligned powers of two (`create_untypeds_for_region`).
///
/// The alignment is that of the kernel's virtual addresses. So memory at 0 is aligned as the kernel
/// window is.
pub(super) fn cut(
    exception_level: ExceptionLevel,
    range: PhysRange,
    is_device: bool,
) -> Vec<Untyped> {
    let base = virtual_base(exception_level);
    let mut pieces = Vec::new();
    let mut next = range.start.0.wrapping_add(base);
    let end = range.end.0.wrapping_add(base);
    while next != end {
        let size_bits = end.wrapping_sub(next).ilog2().min(MOST_BITS);
        let bits = match next {
            0 => size_bits,
            _ => size_bits.min(next.trailing_zeros()),
        };
        if bits >= LEAST_BITS {
            pieces.push(Untyped {
                start: PhysAddr(next.wrapping_sub(base)),
                bits,
                is_device,
            });
        }
        next = next.wrapping_add(1 << bits);
    }
    pieces
}

/// The device memory: all addresses below the limit that are neither the kernel's own devices, nor
/// RAM, nor part of the image.
pub(super) fn devices(
    handover: &Handover,
    platform: &Platform,
    config: &BootConfig,
) -> Option<Vec<Untyped>> {
    let all = PhysRange::from(PhysAddr(0)..PhysAddr(config.device_top));
    let banks = ranges::union(platform.memory.clone());
    let known = ranges::union([platform.devices.as_deref()?, &banks].concat());
    let of_the_kernel = ranges::subtract(vec![all], known);
    let mapped = ranges::intersect(&banks, &[KERNEL_WINDOW]);
    let image = [handover.kernel, handover.device_tree, handover.user_image];
    let reserved = of_the_kernel.into_iter().chain(mapped).chain(image);
    let devices = ranges::subtract(vec![all], reserved).into_iter();
    let pieces = devices.flat_map(|range| cut(config.exception_level, range, true));
    Some(pieces.collect())
}

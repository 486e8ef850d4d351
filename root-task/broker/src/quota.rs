// SPDX-License-Identifier: BSD-2-Clause

//! Quotas and their use.

use crate::error::{Denial, Resource};
use crate::kernel::{Kernel, Object, PAGE_SIZE};

/// Amounts of resources: a quota, or the use of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Bytes of untyped memory, including the component's kernel objects and image.
    pub bytes: u64,
    /// Slots of the root task's CSpace, one for each capability that it keeps for the component. The
    /// slots of split memory aren't counted, but limited by [`Self::most_slots`].
    pub slots: u64,
    /// Devices.
    pub devices: u64,
}

impl Resources {
    /// Memory and slots, without devices.
    pub(crate) const fn new(bytes: u64, slots: u64) -> Self {
        Self {
            bytes,
            slots,
            devices: 0,
        }
    }

    /// The resources for a kernel object.
    pub(crate) fn object(kernel: &impl Kernel, object: Object) -> Self {
        Self::new(1 << kernel.object_bits(object), 1)
    }

    /// The resources for pages of `bytes` in total.
    pub(crate) const fn pages(bytes: u64) -> Self {
        Self::new(bytes, bytes / PAGE_SIZE)
    }

    /// Returns the most slots of the root task's CSpace that this quota takes. `tests/heap.rs` measures
    /// three for each slot: for an object, and for the halves that untyped memory was split into.
    pub fn most_slots(&self) -> u64 {
        const PER_SLOT: u64 = 4;
        /// Two for each split of a piece as large as the address space.
        const PER_DEVICE: u64 = 2 * 48;
        let devices = self.devices.saturating_mul(PER_DEVICE);
        self.slots.saturating_mul(PER_SLOT).saturating_add(devices)
    }

    /// Adds `more`, unless that exceeds `quota`.
    pub(crate) fn charge(&mut self, more: Self, quota: &Self) -> Result<(), Denial> {
        let check = |resource, used: u64, requested: u64, allowed: u64| {
            let left = allowed.saturating_sub(used);
            match requested <= left {
                true => Ok(used + requested),
                false => Err(Denial::Quota {
                    resource,
                    requested,
                    left,
                }),
            }
        };
        *self = Self {
            bytes: check(Resource::Bytes, self.bytes, more.bytes, quota.bytes)?,
            slots: check(Resource::Slots, self.slots, more.slots, quota.slots)?,
            devices: check(Resource::Devices, self.devices, more.devices, quota.devices)?,
        };
        Ok(())
    }

    /// Subtracts an earlier charge.
    pub(crate) fn refund(&mut self, less: Self) {
        self.bytes -= less.bytes;
        self.slots -= less.slots;
        self.devices -= less.devices;
    }
}

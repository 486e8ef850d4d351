// SPDX-License-Identifier: BSD-2-Clause

//! Quotas and their use.

use crate::error::{Denial, Resource};
use crate::kernel::PAGE_SIZE;

/// Amounts of resources: a quota, or the use of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Bytes of untyped memory, including the component's kernel objects and image.
    pub bytes: u64,
    /// Slots of the root task's CSpace.
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

    /// The resources for pages of `bytes` in total.
    pub(crate) const fn pages(bytes: u64) -> Self {
        Self::new(bytes, bytes / PAGE_SIZE)
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

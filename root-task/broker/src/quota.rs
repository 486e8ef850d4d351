// SPDX-License-Identifier: BSD-2-Clause

//! What a component may have, and what it has.

use crate::error::{Denial, Resource};

/// What a component may have at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of untyped memory, with all that its own objects and image take.
    pub bytes: u64,
    /// Slots of the root task's CSpace.
    pub slots: u64,
    /// Devices.
    pub devices: u64,
}

/// What a component has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of untyped memory.
    pub bytes: u64,
    /// Slots of the root task's CSpace.
    pub slots: u64,
    /// Devices.
    pub devices: u64,
}

impl Usage {
    /// Adds `more` as far as `quota` allows.
    pub(crate) fn charge(&mut self, more: Usage, quota: &Quota) -> Result<(), Denial> {
        let check = |resource, used: u64, asked: u64, allowed: u64| {
            let left = allowed.saturating_sub(used);
            if asked > left {
                Err(Denial::Quota {
                    resource,
                    asked,
                    left,
                })
            } else {
                Ok(used + asked)
            }
        };
        *self = Usage {
            bytes: check(Resource::Bytes, self.bytes, more.bytes, quota.bytes)?,
            slots: check(Resource::Slots, self.slots, more.slots, quota.slots)?,
            devices: check(Resource::Devices, self.devices, more.devices, quota.devices)?,
        };
        Ok(())
    }

    /// Takes off what was charged.
    pub(crate) fn refund(&mut self, less: Usage) {
        self.bytes -= less.bytes;
        self.slots -= less.slots;
        self.devices -= less.devices;
    }
}

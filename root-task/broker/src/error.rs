// SPDX-License-Identifier: BSD-2-Clause

//! Why the broker says no.

use kaal_protocol::Refusal;
use thiserror::Error;

use crate::device::DeviceError;
use crate::kernel::KernelError;

/// What a quota is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Resource {
    /// Bytes of memory.
    #[error("bytes")]
    Bytes,
    /// Capability slots.
    #[error("slots")]
    Slots,
    /// Devices.
    #[error("devices")]
    Devices,
    /// Slots of the component's own CSpace.
    #[error("slots of its own")]
    OwnSlots,
    /// Addresses of the component's address space.
    #[error("addresses")]
    Addresses,
    /// Bits of the component's notification.
    #[error("events")]
    Events,
}

/// Why a request is denied. A denied request has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Denial {
    /// The component's quota doesn't allow it.
    #[error("quota: {asked} {resource} asked for, {left} left")]
    Quota {
        /// What was asked for.
        resource: Resource,
        /// How much of it.
        asked: u64,
        /// How much of it the quota leaves.
        left: u64,
    },
    /// There is not enough of it at all.
    #[error("used up: {asked} {resource} asked for, {left} left, perhaps in smaller pieces")]
    UsedUp {
        /// What was asked for.
        resource: Resource,
        /// How much of it.
        asked: u64,
        /// How much of it is left.
        left: u64,
    },
    /// The size makes no sense. Bytes asked for.
    #[error("no memory has a size of {0} bytes")]
    Size(u64),
    /// The component's configuration doesn't name it.
    #[error("not in the component's configuration")]
    NotConfigured,
    /// The device tree doesn't have it.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Somebody has it already. The device's address, or the interrupt.
    #[error("{0:#x} is taken")]
    Taken(u64),
    /// The component doesn't have it. The address, interrupt or channel named.
    #[error("{0:#x} is not the component's")]
    NotOwned(u64),
    /// No component of this number.
    #[error("there is no component {0}")]
    NoSuchComponent(u16),
    /// The component is not in a state for it.
    #[error("the component is not running")]
    NotRunning,
    /// The component runs already.
    #[error("the component is running")]
    Running,
    /// Another component has this name.
    #[error("the name is taken")]
    Name,
    /// The image doesn't fit an address space. Where.
    #[error("the image is malformed at {0:#x}")]
    Image(u64),
    /// The kernel refused.
    #[error("the kernel: {0}")]
    Kernel(#[from] KernelError),
}

impl Denial {
    /// All of a resource is in use.
    pub(crate) const fn none_left(resource: Resource) -> Self {
        let (asked, left) = (1, 0);
        Self::UsedUp {
            resource,
            asked,
            left,
        }
    }
}

/// The part of a denial that a component learns. The log has the rest.
impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Quota { .. } => Self::Quota,
            Denial::UsedUp { .. } => Self::UsedUp,
            Denial::Size(_) => Self::Malformed,
            Denial::NotConfigured => Self::NotConfigured,
            Denial::Device(DeviceError::NotFound | DeviceError::NoInterrupt)
            | Denial::NoSuchComponent(_)
            | Denial::NotRunning => Self::NotFound,
            Denial::Taken(_) => Self::Taken,
            Denial::NotOwned(_) => Self::NotOwned,
            _ => Self::Failed,
        }
    }
}

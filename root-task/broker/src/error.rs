// SPDX-License-Identifier: BSD-2-Clause

//! Reasons for denials.

use kaal_protocol::Refusal;
use thiserror::Error;

use crate::device::DeviceError;
use crate::kernel::KernelError;

/// A resource that can be exhausted.
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
    #[error("slots of the component's CSpace")]
    OwnSlots,
    /// Addresses of the component's address space.
    #[error("addresses")]
    Addresses,
    /// Bits of the component's notification.
    #[error("events")]
    Events,
}

/// The reason for a denial. A denied request grants nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Denial {
    /// The request exceeds the component's quota.
    #[error("quota: {requested} {resource} requested, {left} left")]
    Quota {
        /// The resource.
        resource: Resource,
        /// Requested amount.
        requested: u64,
        /// Rest of the quota.
        left: u64,
    },
    /// The resource is exhausted.
    #[error("exhausted: {requested} {resource} requested, {left} left, possibly in smaller pieces")]
    UsedUp {
        /// The resource.
        resource: Resource,
        /// Requested amount.
        requested: u64,
        /// Available amount.
        left: u64,
    },
    /// The requested size, in bytes, is 0 or too large.
    #[error("invalid size: {0} bytes")]
    Size(u64),
    /// The component's configuration doesn't allow the request.
    #[error("not allowed by the component's configuration")]
    NotConfigured,
    /// The device can't be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Another component has the device at this address, or this interrupt.
    #[error("{0:#x} belongs to another component")]
    Taken(u64),
    /// The component doesn't have this address, or a channel of this client.
    #[error("the component does not have {0:#x}")]
    NotOwned(u64),
    /// The channel is larger than its server accepts.
    #[error("the channel has {size} bytes, and the server accepts {most}")]
    Limit {
        /// Size of the channel.
        size: u64,
        /// The server's limit.
        most: u64,
    },
    /// A device may still access the memory. It is free after the component has stopped.
    #[error("a device may still access the memory")]
    ForDevice,
    /// There is no other component with this name.
    #[error("there is no other component of this name")]
    Unknown,
    /// There is no component with this number.
    #[error("there is no component {0}")]
    NoSuchComponent(u16),
    /// The component isn't running.
    #[error("the component is not running")]
    NotRunning,
    /// The component's call was repeated too often, because its server failed each time.
    #[error("the server fails at this call")]
    Repeated,
    /// The component is already running.
    #[error("the component is running")]
    Running,
    /// Another component has this name.
    #[error("another component has this name")]
    Name,
    /// The segment at this address doesn't fit the address space.
    #[error("the segment at {0:#x} does not fit the address space")]
    Image(u64),
    /// The kernel returned an error.
    #[error("kernel error: {0}")]
    Kernel(#[from] KernelError),
}

impl Denial {
    /// One more of a resource was requested, and none is left.
    pub(crate) const fn none_left(resource: Resource) -> Self {
        Self::used_up(resource, 1, 0)
    }

    /// Less of a resource is left than requested.
    pub(crate) const fn used_up(resource: Resource, requested: u64, left: u64) -> Self {
        Self::UsedUp {
            resource,
            requested,
            left,
        }
    }
}

/// The reason that a component learns. The audit log has the details.
impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Quota { .. } | Denial::Limit { .. } => Self::Quota,
            Denial::UsedUp { .. } => Self::UsedUp,
            Denial::Size(_) => Self::Malformed,
            Denial::NotConfigured => Self::NotConfigured,
            Denial::Device(DeviceError::NotFound | DeviceError::NoInterrupt)
            | Denial::NoSuchComponent(_)
            | Denial::Unknown
            | Denial::NotRunning => Self::NotFound,
            Denial::Taken(_) => Self::Taken,
            Denial::NotOwned(_) => Self::NotOwned,
            Denial::ForDevice => Self::InUse,
            _ => Self::Failed,
        }
    }
}

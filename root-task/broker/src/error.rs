// SPDX-License-Identifier: BSD-2-Clause

//! Why the broker says no.

use thiserror::Error;

use crate::{DeviceError, KernelError};

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
    /// The size makes no sense.
    #[error("no memory has a size of {asked} bytes")]
    Size {
        /// Bytes asked for.
        asked: u64,
    },
    /// The component's configuration doesn't name it.
    #[error("not in the component's configuration")]
    NotConfigured,
    /// The device tree doesn't have it.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Somebody has it already.
    #[error("{what:#x} is taken")]
    Taken {
        /// The device's address, or the interrupt.
        what: u64,
    },
    /// The component doesn't have it.
    #[error("{what:#x} is not the component's")]
    NotOwned {
        /// The address, interrupt or channel named.
        what: u64,
    },
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
    /// The image doesn't fit an address space.
    #[error("the image is malformed at {address:#x}")]
    Image {
        /// Where.
        address: u64,
    },
    /// The kernel refused.
    #[error("the kernel: {0}")]
    Kernel(#[from] KernelError),
}

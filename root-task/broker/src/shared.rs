// SPDX-License-Identifier: BSD-2-Clause

//! What belongs to several components, and lives as long as one of them has it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::address_space::Range;
use crate::config::ComponentId;
use crate::kernel::Slot;
use crate::pool::Allocation;

/// One end of a channel, as its component uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelEnd {
    /// Where the shared memory lies.
    pub address: u64,
    /// Its size in bytes.
    pub size: u64,
    /// The slot of the capability that signals the other end. The client's is empty until the server
    /// has accepted the channel, which takes one of the server's events.
    pub signal: u64,
    /// The bit of the component's notification that the other end sets.
    pub event: u64,
}

/// A service: an endpoint that its provider receives from and others call. It outlives its provider,
/// so that callers wait while the provider is restarted.
pub(crate) struct Service {
    pub(crate) endpoint: Slot,
    pub(crate) allocation: Allocation,
    pub(crate) holders: BTreeSet<ComponentId>,
}

/// Memory that two components share, each with a bit of the other's notification.
pub(crate) struct Channel {
    pub(crate) client: ComponentId,
    pub(crate) server: ComponentId,
    pub(crate) memory: Vec<Allocation>,
    /// Size of the memory in bytes.
    pub(crate) size: u64,
    /// Whether the server may still accept it.
    pub(crate) is_offered: bool,
    pub(crate) ends: BTreeMap<ComponentId, End>,
}

/// What one end of a channel consists of.
pub(crate) struct End {
    pub(crate) range: Range,
    pub(crate) pages: Vec<Slot>,
    pub(crate) end: ChannelEnd,
}

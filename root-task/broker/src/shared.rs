// SPDX-License-Identifier: BSD-2-Clause

//! Services and channels, which belong to several components and exist as long as one of them uses
//! them.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::address_space::Range;
use crate::config::ComponentId;
use crate::kernel::{Access, Slot};
use crate::pool::{Allocation, SharedMemory};

/// One end of a channel, as its component sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelEnd {
    /// Virtual address of the shared memory.
    pub address: u64,
    /// Size of the shared memory in bytes.
    pub size: u64,
    /// Slot of the capability that signals the other end. The client's slot is empty until the
    /// server accepts the channel.
    pub signal: u64,
    /// The bit of the component's notification that the other end sets.
    pub event: u64,
}

/// A service: the provider receives from its endpoint, others call it. The endpoint outlives the
/// provider, so callers wait while the provider restarts.
pub(crate) struct Service {
    pub(crate) endpoint: Slot,
    pub(crate) allocation: Allocation,
    pub(crate) holders: BTreeMap<ComponentId, Holder>,
}

/// A component's capability of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    /// Its slot in the component's CSpace.
    pub(crate) index: u64,
    pub(crate) line: Line,
    /// Number of times in a row that the component's call was repeated.
    pub(crate) repeats: u32,
}

/// Where a capability of a service leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// From the service's endpoint: the component provides the service.
    Receives,
    /// To the service's endpoint.
    Open,
    /// To the broker, which refuses calls, because the provider is gone.
    Absent,
    /// To the broker, which refuses one call, because the provider fails at it.
    Refused,
}

/// Memory that two components share, with a signal in each direction.
pub(crate) struct Channel {
    pub(crate) client: ComponentId,
    pub(crate) server: ComponentId,
    pub(crate) memory: SharedMemory,
    /// Size of the memory in bytes.
    pub(crate) size: u64,
    /// How both ends map it.
    pub(crate) access: Access,
    /// Whether the server may still accept the channel.
    pub(crate) is_offered: bool,
    pub(crate) ends: BTreeMap<ComponentId, End>,
}

impl Channel {
    /// Returns the component at the other end.
    pub(crate) fn peer_of(&self, id: ComponentId) -> ComponentId {
        match self.client == id {
            true => self.server,
            false => self.client,
        }
    }
}

/// The resources of one end of a channel.
pub(crate) struct End {
    pub(crate) range: Range,
    pub(crate) pages: Vec<Slot>,
    pub(crate) end: ChannelEnd,
}

// SPDX-License-Identifier: BSD-2-Clause

//! Capabilities and their places.

use kaal_broker::{Block, Object};

/// The place of a capability: the root task's CSpace, the CSpace of a component, identified by its
/// CNode object, or the kernel's own slot for the notification of an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Root(u64),
    Component(u64, u64),
    Interrupt(u32),
}

#[derive(Clone, Debug)]
pub(super) struct Capability {
    pub(super) what: What,
    pub(super) rights: Rights,
    /// The badge that is sent, and a number that only copies of one badged capability share.
    pub(super) badge: Option<(u64, u64)>,
    /// The capability that this one is derived from.
    pub(super) parent: Option<Place>,
    /// Whether copies of this capability are derived from it, rather than from its parent. So it is
    /// for an original, and for the first capability with a badge (seL4: `isCapRevocable`).
    pub(super) is_revocable: bool,
    /// Address space and address where this capability's page is mapped.
    pub(super) mapped: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    All,
    Send,
    Receive,
}

impl Capability {
    /// A capability that isn't a copy.
    pub(super) fn original(what: What, parent: Option<Place>) -> Self {
        Self {
            what,
            rights: Rights::All,
            badge: None,
            parent,
            is_revocable: true,
            mapped: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Untyped(Block, bool),
    Object(Object, u64, bool),
    Interrupt(u32),
}

// SPDX-License-Identifier: BSD-2-Clause

//! Recognizes cores (device tree binding `arm/cpus`).

use kaal_payload::{Cpu, PhysAddr};

use crate::Place;

impl Place<'_> {
    /// Whether the node describes a core that runs or can be started. A `status` of "disabled" says that the core waits
    /// to be started by its `enable-method` (Devicetree Specification v0.4, section 3.8.1). This counts for cores that
    /// poll a word. One that PSCI would start may be missing instead, and PSCI fails to start it then.
    pub fn is_usable_core(&self) -> bool {
        self.depth() == 3
            && self.is_named(1, b"cpus")
            && self.is_named(0, b"cpu")
            && (self.is_operational() || self.polls() && self.lists(b"status", b"disabled\0"))
    }

    /// Whether the node describes a core that polls a word for an address.
    fn polls(&self) -> bool {
        self.lists(b"enable-method", b"spin-table\0")
    }
}

/// The core that a node describes, if it describes a usable one.
pub(crate) fn cpu(place: &Place<'_>) -> Option<Cpu> {
    if !place.is_usable_core() {
        return None;
    }
    let release_address = match place.polls() {
        true => place.number(b"cpu-release-addr")?,
        false => 0,
    };
    Some(Cpu {
        mpidr: place.id()?,
        release_address: PhysAddr(release_address),
    })
}

// SPDX-License-Identifier: BSD-2-Clause

//! Recognizes cores (device tree binding `arm/cpus`).

use kaal_payload::{Cpu, PhysAddr};

use crate::Place;

/// The core that a node describes, if it describes one. A core whose `status` isn't `okay` is not usable.
pub(crate) fn cpu(place: &Place<'_>) -> Option<Cpu> {
    let is_cpu = place.depth() == 3
        && place.is_named(1, b"cpus")
        && place.is_named(0, b"cpu")
        && place.is_operational();
    if !is_cpu {
        return None;
    }
    let release_address = match place.lists(b"enable-method", b"spin-table\0") {
        true => place.number(b"cpu-release-addr")?,
        false => 0,
    };
    Some(Cpu {
        mpidr: place.id()?,
        release_address: PhysAddr(release_address),
    })
}

// SPDX-License-Identifier: BSD-2-Clause

//! The cores (device tree binding `arm/cpus`).

use kaal_payload::{Cpu, PhysAddr};

use crate::{DeviceTree, Place};

/// The usable cores, in the order of the tree. A core whose `status` isn't `okay` is not usable.
pub fn cpus<'a>(tree: &DeviceTree<'a>) -> impl Iterator<Item = Cpu> + use<'a> {
    tree.walk().filter_map(|place| cpu(&place))
}

/// The core that a node describes, if it describes one.
fn cpu(place: &Place<'_>) -> Option<Cpu> {
    let node = place.node();
    if !place.is_at(b"/cpus/cpu") || !node.is_operational() {
        return None;
    }
    let release_address = match node.lists(b"enable-method", b"spin-table\0") {
        true => node.number(b"cpu-release-addr")?,
        false => 0,
    };
    Some(Cpu {
        mpidr: place.id()?,
        release_address: PhysAddr(release_address),
    })
}

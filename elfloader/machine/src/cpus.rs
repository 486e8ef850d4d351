// SPDX-License-Identifier: BSD-2-Clause

//! The machine's cores (device tree binding `arm/cpus`).

use kaal_payload::{Cpu, PhysAddr};

use crate::{DeviceTree, Place};

/// The cores that may be used, as the tree orders them. Those whose `status` is anything but `okay`
/// may not.
pub fn cpus<'a>(tree: &DeviceTree<'a>) -> impl Iterator<Item = Cpu> + use<'a> {
    tree.walk().filter_map(|place| cpu(&place))
}

/// What a node says of a core, if it is one.
fn cpu(place: &Place<'_>) -> Option<Cpu> {
    let node = place.node();
    let status = b"status";
    let is_enabled =
        node.property(status).is_none() || node.says(status, b"okay") || node.says(status, b"ok");
    if !is_enabled || !node.says(b"device_type", b"cpu") || !place.is_child_of(b"/cpus") {
        return None;
    }
    let spin_table = node.says(b"enable-method", b"spin-table");
    let release_address = if spin_table {
        node.number(b"cpu-release-addr")?
    } else {
        0
    };
    Some(Cpu {
        mpidr: place.id()?,
        release_address: PhysAddr(release_address),
    })
}

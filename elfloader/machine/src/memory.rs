// SPDX-License-Identifier: BSD-2-Clause

//! What a device tree says of memory: where RAM is, and what of it is taken
//! (Devicetree Specification v0.4, sections 3.4, 3.5 and 5.3).

use kaal_payload::PhysRange;

use crate::{DeviceTree, Node, Place};

/// Memory that a device tree takes out of general use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The memory.
    pub memory: PhysRange,
    /// Whether nobody but its owner may even map it: a secure firmware's memory, for example.
    pub no_map: bool,
}

/// The banks of RAM. Memory that only secure software may use, as QEMU's virt machine has it, is of
/// another `status` than "okay", and isn't counted.
pub fn ram<'a>(tree: &DeviceTree<'a>) -> impl Iterator<Item = PhysRange> + use<'a> {
    tree.walk()
        .filter(is_ram_node)
        .flat_map(|place| place.reg())
}

fn is_ram_node(place: &Place<'_>) -> bool {
    place.is_child_of(b"/")
        && place.node().string(b"device_type") == Some(b"memory")
        && place.node().is_operational()
}

/// Whether all of `memory` is RAM, be it in several banks that adjoin or overlap.
///
/// Banks that ascend, as they usually do, are looked at once.
pub fn is_ram(tree: &DeviceTree<'_>, memory: PhysRange) -> bool {
    let mut found = memory.start;
    while found < memory.end {
        let before = found;
        for bank in ram(tree) {
            if bank.start <= found {
                found = found.max(bank.end);
            }
        }
        if found == before {
            return false;
        }
    }
    true
}

/// The memory that must be left alone: the nodes of `/reserved-memory` that are at a fixed place,
/// and the memory reservation block. Nodes with a size only are for an operating system to place.
pub fn reserved<'a>(tree: &DeviceTree<'a>) -> impl Iterator<Item = Reservation> + use<'a> {
    let nodes = tree.walk().filter(is_reserved_node).flat_map(|place| {
        let no_map = place.node().property(b"no-map").is_some();
        place
            .reg()
            .map(move |memory| Reservation { memory, no_map })
    });
    let block = tree.reservations().map(|memory| Reservation {
        memory,
        no_map: false,
    });
    nodes
        .chain(block)
        .filter(|reservation| !reservation.memory.is_empty())
}

fn is_reserved_node(place: &Place<'_>) -> bool {
    place.is_child_of(b"/reserved-memory") && place.node().is_operational()
}

/// The first node among those above whose `reg` can't be understood, if there is one: it doesn't
/// consist of as many cells as its parent says, or passes the address space's end.
pub fn misunderstood<'a>(tree: &DeviceTree<'a>) -> Option<Node<'a>> {
    tree.walk()
        .find(|place| (is_ram_node(place) || is_reserved_node(place)) && !place.has_whole_reg())
        .map(|place| place.node())
}

// SPDX-License-Identifier: BSD-2-Clause

//! What a device tree says of memory: where RAM is, and what of it is taken
//! (Devicetree Specification v0.4, sections 3.4, 3.5 and 5.3).

use kaal_payload::PhysRange;

use crate::tree::Reg;
use crate::{DeviceTree, Node, Place};

/// What a device tree says that memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryKind {
    /// A bank of RAM.
    Ram,
    /// RAM that should be left alone.
    Reserved,
    /// Memory that only its owner may even map: a secure firmware's, for example.
    NoMap,
}

/// All that a device tree says of memory: the banks of RAM, the nodes of `/reserved-memory` that
/// are at a fixed place, and at last the memory reservation block.
///
/// Nodes whose `status` is another than "okay" don't count, such as the RAM of QEMU's virt machine
/// that only secure software may use. Reserved memory with a size only is for an operating system
/// to place.
pub fn memory<'a>(
    tree: &DeviceTree<'a>,
) -> impl Iterator<Item = (MemoryKind, PhysRange)> + use<'a> {
    let mut walk = tree.walk();
    let mut node: Option<(MemoryKind, Reg<'_>)> = None;
    let mut reservations = tree.reservations();
    core::iter::from_fn(move || {
        loop {
            if let Some((kind, reg)) = &mut node
                && let Some(memory) = reg.next()
            {
                return Some((*kind, memory));
            }
            match walk.next() {
                Some(place) => node = kind(&place).map(|kind| (kind, place.reg())),
                None => return Some((MemoryKind::Reserved, reservations.next()?)),
            }
        }
    })
}

/// What the memory in the node's `reg` is, if it is some.
fn kind(place: &Place<'_>) -> Option<MemoryKind> {
    let node = place.node();
    let kind = if place.is_child_of(b"/") {
        node.lists(b"device_type", b"memory\0")
            .then_some(MemoryKind::Ram)
    } else if place.is_child_of(b"/reserved-memory") {
        Some(match node.property(b"no-map") {
            Some(_) => MemoryKind::NoMap,
            None => MemoryKind::Reserved,
        })
    } else {
        None
    };
    kind.filter(|_| node.is_operational())
}

/// The banks of RAM.
pub fn ram<'a>(tree: &DeviceTree<'a>) -> impl Iterator<Item = PhysRange> + use<'a> {
    let banks = memory(tree).filter(|(kind, _)| *kind == MemoryKind::Ram);
    banks.map(|(_, bank)| bank)
}

/// What may be done with memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It is free RAM.
    Free,
    /// It is RAM, of which this should be left alone.
    Reserved(PhysRange),
    /// Only its owner may map this of it.
    NoMap(PhysRange),
    /// Not all of it is RAM.
    NotRam,
}

/// How often all banks are looked at: a limit bounds the work that a malformed tree makes.
const MAX_PASSES: usize = 128;

/// What may be done with all of `memory`, be it in several banks that adjoin or overlap.
///
/// Banks that ascend, as they usually do, are looked at once; of those that descend, 128 are put
/// together at most. Not inlined, which would make the loader larger.
#[inline(never)]
pub fn availability(tree: &DeviceTree<'_>, wanted: PhysRange) -> Availability {
    let mut availability = Availability::Free;
    let mut ram_until = wanted.start;
    for _ in 0..MAX_PASSES {
        let before = ram_until;
        for (kind, piece) in memory(tree) {
            match (kind, availability) {
                (MemoryKind::Ram, _) if piece.start <= ram_until => {
                    ram_until = ram_until.max(piece.end);
                }
                (MemoryKind::Ram, _) => {}
                _ if !piece.overlaps(wanted) => {}
                (MemoryKind::NoMap, _) => availability = Availability::NoMap(piece),
                (_, Availability::Free) => availability = Availability::Reserved(piece),
                _ => {}
            }
        }
        if ram_until >= wanted.end {
            return availability;
        }
        if ram_until == before {
            break;
        }
    }
    Availability::NotRam
}

/// Whether all of `memory` is RAM.
pub fn is_ram(tree: &DeviceTree<'_>, memory: PhysRange) -> bool {
    availability(tree, memory) != Availability::NotRam
}

/// The first node among those that tell of memory whose `reg` can't be understood, if there is one:
/// it doesn't consist of as many cells as its parent says, or passes the address space's end.
pub fn misunderstood<'a>(tree: &DeviceTree<'a>) -> Option<Node<'a>> {
    tree.walk()
        .find(|place| kind(place).is_some() && !place.has_whole_reg())
        .map(|place| place.node())
}

// SPDX-License-Identifier: BSD-2-Clause

//! RAM and reserved memory (Devicetree Specification v0.4, sections 3.4, 3.5 and 5.3).

use kaal_payload::PhysRange;

use crate::tree::Reg;
use crate::{DeviceTree, Node, Place};

/// A kind of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryKind {
    /// A bank of RAM.
    Ram,
    /// Reserved RAM.
    Reserved,
    /// Memory that only its owner may map, such as that of a secure firmware.
    NoMap,
}

/// All memory in a device tree: the banks of RAM and the nodes of `/reserved-memory`, in the order of the tree, then
/// the memory reservation block.
///
/// This skips nodes whose `status` isn't "okay", such as the RAM for secure software of QEMU's virt machine, and
/// reserved memory without an address, which an operating system places.
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

/// The kind of the memory in the node's `reg`, if it describes memory.
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

/// Whether memory may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It is free RAM.
    Free,
    /// It is RAM, but this part is reserved.
    Reserved(PhysRange),
    /// Only the owner of this part may map it.
    NoMap(PhysRange),
    /// Not all of it is RAM.
    NotRam,
}

/// The most passes over all banks, to limit the work that a malformed tree causes.
const MAX_PASSES: usize = 128;

/// Whether `wanted` may be used. It may lie in several banks that adjoin or overlap.
///
/// One pass is enough if the banks ascend, as usual; at most 128 descending banks are joined. Inlining this would make
/// the loader larger.
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

/// The first node of RAM or reserved memory whose `reg` is invalid: it has another number of cells than its parent
/// states, or passes the end of the address space.
pub fn misunderstood<'a>(tree: &DeviceTree<'a>) -> Option<Node<'a>> {
    tree.walk()
        .find(|place| kind(place).is_some() && !place.has_whole_reg())
        .map(|place| place.node())
}

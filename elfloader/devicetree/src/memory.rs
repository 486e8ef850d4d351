// SPDX-License-Identifier: BSD-2-Clause

//! RAM and reserved memory (Devicetree Specification v0.4, sections 3.4, 3.5 and 5.3).

use kaal_payload::PhysRange;

use crate::tokens::initials;
use crate::{DeviceTree, Facts, Node, Place};

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

impl Place<'_> {
    /// The kind of the memory in the node's `reg`, if it describes memory.
    pub fn memory_kind(&self) -> Option<MemoryKind> {
        let kind = match self.depth() {
            2 if self.initials & const { initials(b"d") } != 0
                && self.lists(b"device_type", b"memory\0") =>
            {
                MemoryKind::Ram
            }
            3 if self.is_named(1, b"reserved-memory") => match self.property(b"no-map") {
                Some(_) => MemoryKind::NoMap,
                None => MemoryKind::Reserved,
            },
            _ => return None,
        };
        self.is_operational().then_some(kind)
    }
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

impl Facts {
    /// The memory of one kind, in the order of the tree, then that in the memory reservation block.
    pub fn memory_of(&self, kind: MemoryKind) -> impl Iterator<Item = PhysRange> {
        let memory = self.memory.iter().filter(move |(found, _)| *found == kind);
        memory.map(|&(_, range)| range)
    }

    /// Whether `wanted` may be used. It may lie in several banks that adjoin or overlap.
    pub fn availability(&self, wanted: PhysRange) -> Availability {
        let mut rest = wanted;
        while !rest.is_empty() {
            let first = PhysRange::new(rest.start, 1);
            match self.overlap(MemoryKind::Ram, first) {
                Some(bank) => rest.start = bank.end,
                None => return Availability::NotRam,
            }
        }
        if let Some(range) = self.overlap(MemoryKind::NoMap, wanted) {
            Availability::NoMap(range)
        } else if let Some(range) = self.overlap(MemoryKind::Reserved, wanted) {
            Availability::Reserved(range)
        } else {
            Availability::Free
        }
    }

    /// The first memory of this kind that overlaps `wanted`.
    #[inline(never)]
    fn overlap(&self, kind: MemoryKind, wanted: PhysRange) -> Option<PhysRange> {
        self.memory_of(kind).find(|range| range.overlaps(wanted))
    }
}

/// Why a `reg` of memory can't be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misunderstanding {
    /// The `reg` takes this many bytes, but each entry takes `entry` bytes by the `#address-cells` and `#size-cells` of
    /// the node's parent.
    OtherSize {
        /// Bytes of the `reg`.
        size: usize,
        /// Bytes of an entry.
        entry: usize,
    },
    /// A bus above the node has no `ranges` for it.
    NotPassedOn,
    /// It exceeds the address space.
    TooHigh,
}

/// The first node of RAM or reserved memory whose `reg` is invalid, and why.
pub fn misunderstood<'a>(tree: &'a DeviceTree<'a>) -> Option<(Node<'a>, Misunderstanding)> {
    let mut memory = tree.walk().filter(|place| place.memory_kind().is_some());
    memory.find_map(|place| {
        let mut reg = place.reg();
        reg.by_ref().for_each(drop);
        Some((place.node(), reg.misunderstanding()?))
    })
}

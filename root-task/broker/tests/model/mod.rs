// SPDX-License-Identifier: BSD-2-Clause

//! A model of the kernel's rules that the broker relies on (seL4 manual, chapters 2, 3 and 7). It
//! returns errors as the kernel would, and panics if two objects overlap.

#![allow(dead_code, reason = "each test uses some of it")]

mod capability;
mod components;
mod derivation;
mod invocations;
pub(crate) mod start;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use kaal_broker::{Access, Block, Object, PAGE_BITS, Slot, UntypedMemory};

use capability::{Capability, Place, Rights, What};

/// The kernel's state.
#[derive(Debug, Default)]
pub(crate) struct Model {
    mcs: bool,
    capabilities: BTreeMap<Place, Capability>,
    /// For each untyped, the offset behind the last allocated byte since its reset.
    watermarks: BTreeMap<Block, u64>,
    /// Mapped page tables and pages, by address space and address.
    tables: BTreeMap<(u64, Block), u64>,
    pages: BTreeMap<(u64, u64), (Place, Access)>,
    interrupts: BTreeSet<u32>,
    /// Number of badged capabilities ever made.
    badged: u64,
    /// The scheduling contexts that got a full budget, each as often as it got one.
    pub(crate) budgets: Vec<u64>,
    /// Started threads that still exist and aren't suspended, by address.
    pub(crate) running: BTreeSet<u64>,
    /// The scheduling context of each thread, and those that passive threads run on, by address.
    contexts: BTreeMap<u64, u64>,
    donated: BTreeMap<u64, u64>,
    /// The scheduling contexts that passive threads got in place of those.
    pub(crate) lent: Vec<u64>,
    /// The thread of each CNode.
    threads: BTreeMap<u64, u64>,
    /// The slot of the capability that each blocked thread invokes, by the thread's address.
    invoked: BTreeMap<u64, u64>,
    /// Badges that the root task signalled.
    signals: Vec<u64>,
    /// Devices that don't stop their accesses to memory, by the page of their registers.
    pub(crate) noisy: BTreeSet<u64>,
    /// Threads that repeated their system call, by address.
    pub(crate) resumed: Vec<u64>,
    /// Number of operations that free something until one fails.
    pub(crate) fail_to_free_after: Option<u32>,
    /// Number of operations until one fails for a reason unknown to the broker.
    pub(crate) fail_after: Option<u32>,
}

/// The empty slots of the root task's CSpace.
pub(crate) const EMPTY_SLOTS: Range<u64> = 100..1 << 14;

impl Model {
    /// Creates a machine with 16 MiB of RAM in pieces and the devices of QEMU's `virt`.
    pub(crate) fn new(mcs: bool) -> (Self, Vec<UntypedMemory>) {
        let mut model = Self {
            mcs,
            ..Self::default()
        };
        let blocks = [
            (0x0900_0000, 24, true),
            (0x4000_0000, 16, false),
            (0x4023_ede0, 5, false),
            (0x4023_f000, 12, false),
            (0x4028_0000, 19, false),
            (0x4040_0000, 22, false),
            (0x4080_0000, 23, false),
        ];
        let untyped = blocks
            .iter()
            .zip(10..)
            .map(|(&(start, bits, is_device), slot)| {
                let block = Block { bits, start };
                let capability = Capability::original(What::Untyped(block, is_device), None);
                model.capabilities.insert(Place::Root(slot), capability);
                UntypedMemory {
                    block,
                    slot: Slot(slot),
                    is_device,
                }
            });
        let untyped = untyped.collect();
        (model, untyped)
    }

    /// Returns the number of capabilities in the root task's CSpace.
    pub(crate) fn capabilities(&self) -> usize {
        let in_root = |place: &&Place| matches!(place, Place::Root(_));
        self.capabilities.keys().filter(in_root).count()
    }

    /// Checks that objects don't overlap, that mapped pages exist, and that no two capabilities
    /// signal one bit, except copies that their holder made.
    pub(crate) fn check(&self) {
        let mut signals = BTreeMap::new();
        for (place, capability) in &self.capabilities {
            if let What::Object(Object::Notification, start, _) = capability.what
                && capability.rights != Rights::Receive
                && let Some((badge, number)) = capability.badge
            {
                for bit in (0..u64::BITS).filter(|bit| badge >> bit & 1 != 0) {
                    let first = *signals.entry((start, bit)).or_insert(number);
                    assert_eq!(first, number, "{place:x?} signals bit {bit} of another's");
                }
            }
        }
        let mut objects: Vec<(u64, u64)> = self
            .capabilities
            .values()
            .filter_map(|capability| match capability.what {
                What::Object(object, start, _) => Some((start, start + (1 << self.bits(object)))),
                _ => None,
            })
            .collect();
        objects.sort_unstable();
        objects.dedup();
        for pair in objects.windows(2) {
            assert!(pair[0].1 <= pair[1].0, "objects overlap: {pair:x?}");
        }
        for (at, (place, _)) in &self.pages {
            assert_eq!(self.capabilities[place].mapped, Some(*at));
        }
    }

    /// Returns how the page at a physical address is mapped, once for each mapping.
    pub(crate) fn mappings(&self, physical: u64) -> Vec<Access> {
        let pages = self.pages.values();
        let is_there = |place: &Place| {
            let page = What::Object(Object::Page, physical, false);
            self.capabilities[place].what == page
        };
        let mappings = pages.filter(|(place, _)| is_there(place));
        mappings.map(|&(_, access)| access).collect()
    }

    /// Whether a part of this physical memory has no objects.
    pub(crate) fn is_untyped(&self, range: &Range<u64>) -> bool {
        let pages = self.capabilities.values().filter_map(|it| match it.what {
            What::Object(Object::Page, start, _) => Some(start),
            _ => None,
        });
        let pages: BTreeSet<u64> = pages.filter(|start| range.contains(start)).collect();
        (pages.len() as u64) << PAGE_BITS != range.end - range.start
    }

    fn bits(&self, object: Object) -> u8 {
        match object {
            Object::Untyped(bits) => bits,
            Object::Endpoint => 4,
            Object::Notification => 5 + u8::from(self.mcs),
            Object::CNode(bits) => bits + 5,
            Object::Thread => 11,
            Object::SchedContext => 7,
            Object::Reply => 5,
            Object::Page | Object::PageTable | Object::AddressSpace => PAGE_BITS,
        }
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! A model of the kernel's rules that the broker relies on (seL4 manual, chapters 2, 3 and 7). It
//! returns errors as the kernel would, and panics if two objects overlap.

#![allow(dead_code, reason = "each test uses some of it")]

use std::collections::{BTreeMap, BTreeSet};

use kaal_broker::{
    Access, Block, Interrupt, Kernel, KernelError, Object, PAGE_BITS, PAGE_SIZE, Pass, Slot,
    Thread, UntypedMemory,
};

/// The place of a capability: the root task's CSpace, the CSpace of a component, identified by its
/// CNode object, or the kernel's own slot for the notification of an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Root(u64),
    Component(u64, u64),
    Interrupt(u32),
}

#[derive(Clone, Debug)]
struct Capability {
    what: What,
    rights: Rights,
    /// The badge that is sent, and a number that only copies of one badged capability share.
    badge: Option<(u64, u64)>,
    /// The capability that this one is derived from.
    parent: Option<Place>,
    /// Whether copies of this capability are derived from it, rather than from its parent. So it is
    /// for an original, and for the first capability with a badge (seL4: `isCapRevocable`).
    is_revocable: bool,
    /// Address space and address where this capability's page is mapped.
    mapped: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    All,
    Send,
    Receive,
}

impl Capability {
    /// A capability that isn't a copy.
    fn original(what: What, parent: Option<Place>) -> Self {
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
enum What {
    Untyped(Block, bool),
    Object(Object, u64, bool),
    Interrupt(u32),
}

/// The kernel's state.
#[derive(Debug, Default)]
pub(crate) struct Model {
    mcs: bool,
    capabilities: BTreeMap<Place, Capability>,
    /// For each untyped, the offset behind the last allocated byte since its reset.
    watermarks: BTreeMap<Block, u64>,
    /// Mapped page tables and pages, by address space and address.
    tables: BTreeMap<(u64, Block), u64>,
    pages: BTreeMap<(u64, u64), Place>,
    interrupts: BTreeSet<u32>,
    /// Number of badged capabilities ever made.
    badged: u64,
    /// Started threads that still exist and aren't suspended, by address.
    pub(crate) running: BTreeSet<u64>,
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
pub(crate) const EMPTY_SLOTS: std::ops::Range<u64> = 100..1 << 14;

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
        for (at, place) in &self.pages {
            assert_eq!(self.capabilities[place].mapped, Some(*at));
        }
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

    fn may_fail(&mut self) -> Result<(), KernelError> {
        count_down(&mut self.fail_after)
    }

    fn may_fail_to_free(&mut self) -> Result<(), KernelError> {
        count_down(&mut self.fail_to_free_after)
    }

    /// Blocks a thread in a call of the capability in this slot. Returns the thread's address.
    pub(crate) fn block(&mut self, badge: u64, slot: u64) -> u64 {
        let cnode = self.cnode_of(badge);
        let thread = self.threads[&cnode.unwrap()];
        self.invoked.insert(thread, slot);
        thread
    }

    /// Returns the badges that the root task signalled since the last call.
    pub(crate) fn take_signals(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.signals)
    }

    /// Returns the CNode of the component that calls the broker with `badge`.
    fn cnode_of(&self, badge: u64) -> Option<u64> {
        let mut capabilities = self.capabilities.iter();
        capabilities.find_map(|(place, capability)| match *place {
            Place::Component(cnode, kaal_protocol::slots::BROKER)
                if capability.badge.is_some_and(|(of, _)| of == badge) =>
            {
                Some(cnode)
            }
            _ => None,
        })
    }

    /// Whether the capability in a component's slot leads to the broker.
    pub(crate) fn leads_to_broker(&self, badge: u64, slot: u64) -> bool {
        let cnode = self.cnode_of(badge).unwrap();
        let what = |slot| self.capabilities[&Place::Component(cnode, slot)].what;
        what(slot) == what(kaal_protocol::slots::BROKER)
    }

    fn get(&self, slot: Slot) -> Result<&Capability, KernelError> {
        self.capabilities
            .get(&Place::Root(slot.0))
            .ok_or(KernelError::InvalidCapability)
    }

    fn object(&self, slot: Slot, expected: Object) -> Result<u64, KernelError> {
        match self.get(slot)?.what {
            What::Object(object, start, _) if object == expected => Ok(start),
            _ => Err(KernelError::InvalidCapability),
        }
    }

    fn insert(&mut self, place: Place, capability: Capability) -> Result<(), KernelError> {
        match place {
            Place::Root(slot) if !EMPTY_SLOTS.contains(&slot) => {
                return Err(KernelError::FailedLookup);
            }
            _ if self.capabilities.contains_key(&place) => return Err(KernelError::DeleteFirst),
            _ => {}
        }
        self.capabilities.insert(place, capability);
        Ok(())
    }

    fn children(&self, place: Place) -> Vec<Place> {
        self.capabilities
            .iter()
            .filter(|(_, capability)| capability.parent == Some(place))
            .map(|(&child, _)| child)
            .collect()
    }

    /// Deletes a capability, and its object if this was the last one. Its children move to its
    /// parent.
    fn remove(&mut self, place: Place) {
        let Some(capability) = self.capabilities.remove(&place) else {
            return;
        };
        for child in self.children(place) {
            if let Some(child) = self.capabilities.get_mut(&child) {
                child.parent = capability.parent;
            }
        }
        if let Some(at) = capability.mapped {
            self.pages.remove(&at);
        }
        let is_last = !self
            .capabilities
            .values()
            .any(|other| other.what == capability.what);
        match capability.what {
            What::Interrupt(number) if is_last => {
                self.interrupts.remove(&number);
                self.remove(Place::Interrupt(number));
            }
            What::Object(object, start, _) if is_last => self.destroy(object, start),
            _ => {}
        }
    }

    fn remove_derived(&mut self, place: Place) {
        loop {
            let children = self.children(place);
            if children.is_empty() {
                return;
            }
            children.into_iter().for_each(|child| self.remove(child));
        }
    }

    fn destroy(&mut self, object: Object, start: u64) {
        match object {
            Object::CNode(_) => {
                let inside =
                    |place: &&Place| matches!(place, Place::Component(cnode, _) if *cnode == start);
                let inside: Vec<Place> = self.capabilities.keys().filter(inside).copied().collect();
                inside.into_iter().for_each(|place| self.remove(place));
            }
            Object::PageTable => self.tables.retain(|_, &mut table| table != start),
            Object::AddressSpace => {
                self.tables.retain(|&(space, _), _| space != start);
                self.pages.retain(|&(space, _), _| space != start);
                for capability in self.capabilities.values_mut() {
                    capability.mapped.take_if(|(space, _)| *space == start);
                }
            }
            Object::Thread => {
                self.running.remove(&start);
                self.invoked.remove(&start);
            }
            _ => {}
        }
    }

    fn derive(&mut self, from: Place, to: Place, pass: Pass) -> Result<(), KernelError> {
        let source = self.capabilities.get(&from);
        let source = source.ok_or(KernelError::InvalidCapability)?.clone();
        let mut capability = Capability {
            mapped: None,
            is_revocable: false,
            ..source.clone()
        };
        if !source.is_revocable {
            capability.parent = source.parent;
        } else {
            capability.parent = Some(from);
        }
        match pass {
            Pass::Whole => {}
            Pass::Receive => capability.rights = Rights::Receive,
            Pass::Send(badge) => {
                if source.badge.is_some() {
                    return Err(KernelError::IllegalOperation);
                }
                self.badged += 1;
                capability.rights = Rights::Send;
                capability.badge = Some((badge, self.badged));
                capability.is_revocable = true;
            }
        }
        self.insert(to, capability)
    }

    /// Lets the component that calls the broker with `badge` replace the notification of its
    /// interrupt with the capability in its slot `signal`. The kernel keeps a copy.
    pub(crate) fn hide_in_interrupt(&mut self, badge: u64, signal: u64) {
        let Some(cnode) = self.cnode_of(badge) else {
            return;
        };
        let handler = self.capabilities.iter().find_map(|(place, capability)| {
            match (place, capability.what) {
                (Place::Component(of, _), What::Interrupt(number)) if *of == cnode => Some(number),
                _ => None,
            }
        });
        let signal = Place::Component(cnode, signal);
        let is_signal = self.capabilities.get(&signal).is_some_and(|capability| {
            matches!(capability.what, What::Object(Object::Notification, ..))
                && capability.rights != Rights::Receive
        });
        if let Some(number) = handler
            && is_signal
        {
            self.set_notification(number, signal);
        }
    }

    fn set_notification(&mut self, interrupt: u32, notification: Place) {
        self.remove(Place::Interrupt(interrupt));
        let to = Place::Interrupt(interrupt);
        assert_eq!(self.derive(notification, to, Pass::Whole), Ok(()));
    }
}

fn count_down(left: &mut Option<u32>) -> Result<(), KernelError> {
    match left {
        Some(0) => {
            *left = None;
            Err(KernelError::NotEnoughMemory)
        }
        Some(left) => {
            *left -= 1;
            Ok(())
        }
        None => Ok(()),
    }
}

impl Kernel for Model {
    fn is_mcs(&self) -> bool {
        self.mcs
    }

    fn object_bits(&self, object: Object) -> u8 {
        self.bits(object)
    }

    fn table_spans(&self) -> impl Iterator<Item = u8> {
        [39, 30, 21].into_iter()
    }

    fn retype(&mut self, untyped: Slot, object: Object, to: Slot) -> Result<(), KernelError> {
        self.may_fail()?;
        let What::Untyped(block, is_device) = self.get(untyped)?.what else {
            return Err(KernelError::InvalidCapability);
        };
        if is_device && !matches!(object, Object::Untyped(_) | Object::Page) {
            return Err(KernelError::InvalidArgument);
        }
        let parent = Place::Root(untyped.0);
        if self.children(parent).is_empty() {
            self.watermarks.remove(&block);
        }
        let size = 1u64 << self.bits(object);
        let watermark = self.watermarks.get(&block).copied().unwrap_or(0);
        let start = (block.start + watermark).next_multiple_of(size);
        if start + size > block.start + block.size() {
            return Err(KernelError::NotEnoughMemory);
        }
        let what = match object {
            Object::Untyped(bits) => What::Untyped(Block { bits, start }, is_device),
            object => What::Object(object, start, is_device),
        };
        self.insert(Place::Root(to.0), Capability::original(what, Some(parent)))?;
        self.watermarks.insert(block, start + size - block.start);
        Ok(())
    }

    fn delete(&mut self, slot: Slot) -> Result<(), KernelError> {
        self.may_fail_to_free()?;
        self.remove(Place::Root(slot.0));
        Ok(())
    }

    fn revoke(&mut self, slot: Slot) -> Result<(), KernelError> {
        self.may_fail_to_free()?;
        self.get(slot)?;
        self.remove_derived(Place::Root(slot.0));
        Ok(())
    }

    fn copy(&mut self, from: Slot, to: Slot, pass: Pass) -> Result<(), KernelError> {
        self.may_fail()?;
        assert_ne!(pass, Pass::Send(0));
        self.derive(Place::Root(from.0), Place::Root(to.0), pass)
    }

    fn pass(&mut self, from: Slot, cnode: Slot, index: u64, pass: Pass) -> Result<(), KernelError> {
        self.may_fail()?;
        let bits = kaal_broker::CSPACE_BITS;
        let cnode = self.object(cnode, Object::CNode(bits))?;
        if index >> bits != 0 {
            return Err(KernelError::FailedLookup);
        }
        self.derive(Place::Root(from.0), Place::Component(cnode, index), pass)
    }

    fn withdraw(&mut self, cnode: Slot, index: u64) -> Result<(), KernelError> {
        self.may_fail_to_free()?;
        let cnode = self.object(cnode, Object::CNode(kaal_broker::CSPACE_BITS))?;
        let place = Place::Component(cnode, index);
        self.remove_derived(place);
        self.remove(place);
        Ok(())
    }

    fn assign_asid(&mut self, address_space: Slot) -> Result<(), KernelError> {
        self.may_fail()?;
        self.object(address_space, Object::AddressSpace).map(drop)
    }

    fn map_table(&mut self, table: Slot, space: Slot, address: u64) -> Result<(), KernelError> {
        self.may_fail()?;
        let table = self.object(table, Object::PageTable)?;
        let space = self.object(space, Object::AddressSpace)?;
        let missing = self.table_spans().find_map(|bits| {
            let block = Block {
                bits,
                start: address >> bits << bits,
            };
            (!self.tables.contains_key(&(space, block))).then_some(block)
        });
        let missing = missing.ok_or(KernelError::DeleteFirst)?;
        self.tables.insert((space, missing), table);
        Ok(())
    }

    fn map_page(
        &mut self,
        page: Slot,
        space: Slot,
        address: u64,
        access: Access,
    ) -> Result<(), KernelError> {
        self.may_fail()?;
        let What::Object(Object::Page, _, is_device) = self.get(page)?.what else {
            return Err(KernelError::InvalidCapability);
        };
        assert!(!is_device || access == Access::Device, "a device is cached");
        let space = self.object(space, Object::AddressSpace)?;
        if !address.is_multiple_of(PAGE_SIZE) {
            return Err(KernelError::AlignmentError);
        }
        for bits in self.table_spans() {
            let block = Block {
                bits,
                start: address >> bits << bits,
            };
            if !self.tables.contains_key(&(space, block)) {
                return Err(KernelError::FailedLookup);
            }
        }
        let at = (space, address);
        let place = Place::Root(page.0);
        if self.pages.contains_key(&at) || self.get(page)?.mapped.is_some() {
            return Err(KernelError::DeleteFirst);
        }
        self.pages.insert(at, place);
        if let Some(capability) = self.capabilities.get_mut(&place) {
            capability.mapped = Some(at);
        }
        Ok(())
    }

    fn fill_page(
        &mut self,
        page: Slot,
        offset: u64,
        bytes: &[u8],
        _: bool,
    ) -> Result<(), KernelError> {
        self.may_fail()?;
        self.object(page, Object::Page)?;
        assert!(offset + bytes.len() as u64 <= PAGE_SIZE);
        assert_eq!(self.get(page)?.mapped, None);
        Ok(())
    }

    fn quiesce(&mut self, page: Slot, _: u64, _: u32, _: u32) -> Result<bool, KernelError> {
        let capability = self.get(page)?;
        let What::Object(Object::Page, start, true) = capability.what else {
            return Err(KernelError::InvalidCapability);
        };
        assert_eq!(capability.mapped, None);
        Ok(!self.noisy.contains(&start))
    }

    fn take_interrupt(&mut self, interrupt: Interrupt, to: Slot) -> Result<(), KernelError> {
        self.may_fail()?;
        let number = interrupt.number;
        if self.interrupts.contains(&number) {
            return Err(KernelError::RevokeFirst);
        }
        let what = What::Interrupt(number);
        self.insert(Place::Root(to.0), Capability::original(what, None))?;
        self.interrupts.insert(number);
        Ok(())
    }

    fn bind_interrupt(&mut self, handler: Slot, notification: Slot) -> Result<(), KernelError> {
        self.may_fail()?;
        self.object(notification, Object::Notification)?;
        let What::Interrupt(number) = self.get(handler)?.what else {
            return Err(KernelError::InvalidCapability);
        };
        self.set_notification(number, Place::Root(notification.0));
        Ok(())
    }

    fn start(&mut self, thread: &Thread) -> Result<(), KernelError> {
        self.may_fail()?;
        assert_eq!(thread.sched_context.is_some(), self.mcs);
        self.object(thread.ipc_buffer, Object::Page)?;
        self.object(thread.fault_endpoint, Object::Endpoint)?;
        let cnode = self.object(thread.cnode, Object::CNode(kaal_broker::CSPACE_BITS))?;
        let thread = self.object(thread.thread, Object::Thread)?;
        self.threads.insert(cnode, thread);
        self.running.insert(thread);
        Ok(())
    }

    fn signal(&mut self, notification: Slot) -> Result<(), KernelError> {
        self.object(notification, Object::Notification)?;
        let badge = self.get(notification)?.badge;
        self.signals.extend(badge.map(|(badge, _)| badge));
        Ok(())
    }

    fn suspend(&mut self, thread: Slot) -> Result<(), KernelError> {
        self.may_fail_to_free()?;
        let thread = self.object(thread, Object::Thread)?;
        self.running.remove(&thread);
        Ok(())
    }

    fn invoked(&mut self, thread: Slot) -> Result<u64, KernelError> {
        let thread = self.object(thread, Object::Thread)?;
        Ok(self.invoked.get(&thread).copied().unwrap_or_default())
    }

    fn resume(&mut self, thread: Slot) -> Result<(), KernelError> {
        let thread = self.object(thread, Object::Thread)?;
        self.resumed.push(thread);
        Ok(())
    }
}

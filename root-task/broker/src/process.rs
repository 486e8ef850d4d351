// SPDX-License-Identifier: BSD-2-Clause

//! A running component: its objects, address space, slots and events.

mod interrupt;
mod memory;
mod start;

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;

use kaal_protocol::{CHANNEL_ENDED, slots};

use crate::address_space::{AddressSpace, Range};
use crate::error::{Denial, Resource};
use crate::kernel::{CSPACE_BITS, Kernel, Object, Pass, Slot};
use crate::pool::{Allocation, Pool, SharedMemory};
use crate::quota::Resources;
use crate::slots::Slots;

/// Notification bits that serve as events. The lower 16 bits are excluded, because a value there
/// looks like a component's badge.
const EVENTS: u64 = !0xffff & !CHANNEL_ENDED;

/// What a mapping of a component holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Memory.
    Memory,
    /// Memory that a device may access.
    Dma,
    /// A device's registers.
    Registers,
}

/// A memory mapping of a component.
struct Mapping {
    content: Content,
    range: Range,
    allocations: Vec<Allocation>,
    usage: Resources,
}

/// Tells a component that something has changed.
pub(crate) struct Watch {
    /// Signals the component.
    pub(crate) signal: Slot,
    event: u64,
    /// The generation that the component has seen; `None` after a signal.
    pub(crate) seen: Option<u64>,
}

/// The resources of a running component.
#[derive(Default)]
pub(crate) struct Process {
    quota: Resources,
    pub(crate) usage: Resources,
    objects: Vec<Allocation>,
    pub(crate) thread: Slot,
    pub(crate) notification: Slot,
    pub(crate) cnode: Slot,
    vspace: Slot,
    pub(crate) space: AddressSpace,
    own_slots: Slots,
    events: u64,
    memory: BTreeMap<u64, Mapping>,
    /// Memory of channels that its devices may access.
    for_devices: Vec<SharedMemory>,
    /// Devices whose registers are mapped, each with the address of the mapping.
    devices: Vec<(u64, &'static str)>,
    /// Slots of further capabilities that the root task keeps for the component.
    kept: Vec<Slot>,
    pub(crate) watch: Option<Watch>,
}

impl Process {
    /// A component without any resources.
    pub(crate) fn new(quota: Resources) -> Self {
        Self {
            quota,
            own_slots: Slots::new(slots::FIRST_EMPTY..1 << CSPACE_BITS),
            events: !EVENTS,
            ..Self::default()
        }
    }

    /// Frees all resources of the component, except memory that a device may access: returns that.
    /// The component's thread must be suspended, or goes first.
    #[must_use]
    pub(crate) fn end(self, pool: &mut Pool<impl Kernel>) -> Vec<SharedMemory> {
        pool.release(self.objects);
        pool.delete(self.kept);
        let mut for_devices = self.for_devices;
        for mapping in self.memory.into_values() {
            match mapping.content {
                Content::Dma => for_devices.push(Rc::new(mapping.allocations)),
                Content::Memory | Content::Registers => pool.release(mapping.allocations),
            }
        }
        for_devices
    }

    /// Keeps memory of a channel, and its charge, until the component ends.
    pub(crate) fn keep_for_device(&mut self, memory: SharedMemory) {
        self.for_devices.push(memory);
    }

    /// Whether the component's devices may access memory of a channel.
    pub(crate) fn keeps_for_device(&self, memory: &SharedMemory) -> bool {
        let mut kept = self.for_devices.iter();
        kept.any(|kept| Rc::ptr_eq(kept, memory))
    }

    /// Takes all devices' registers away from the component.
    pub(crate) fn leave_devices(&mut self, pool: &mut Pool<impl Kernel>) {
        let is_device = |_: &u64, mapping: &mut Mapping| mapping.content == Content::Registers;
        let devices: Vec<_> = self.memory.extract_if(.., is_device).collect();
        pool.release(
            devices
                .into_iter()
                .flat_map(|(_, mapping)| mapping.allocations),
        );
    }

    /// Checks that the quota allows `usage`.
    pub(crate) fn check(&self, usage: Resources) -> Result<(), Denial> {
        let mut charged = self.usage;
        charged.charge(usage, &self.quota)
    }

    /// Charges `usage`, and refunds it if `make` fails.
    pub(crate) fn charged<T>(
        &mut self,
        usage: Resources,
        make: impl FnOnce(&mut Self) -> Result<T, Denial>,
    ) -> Result<T, Denial> {
        self.usage.charge(usage, &self.quota)?;
        make(self).inspect_err(|_| self.usage.refund(usage))
    }

    fn object(&mut self, pool: &mut Pool<impl Kernel>, object: Object) -> Result<Slot, Denial> {
        let usage = Resources::object(&pool.kernel, object);
        let (slot, allocation) = self.charged(usage, |_| pool.object(object))?;
        self.objects.push(allocation);
        Ok(slot)
    }

    /// Takes an empty slot of the component's CSpace. [`Self::withdraw`] returns it.
    pub(crate) fn take_own_slot(&mut self) -> Result<u64, Denial> {
        let slot = self.own_slots.take();
        slot.ok_or(Denial::none_left(Resource::OwnSlots))
    }

    /// Copies a capability into the component's CSpace. Returns its slot there.
    pub(crate) fn pass(
        &mut self,
        kernel: &mut impl Kernel,
        from: Slot,
        pass: Pass,
    ) -> Result<u64, Denial> {
        let index = self.take_own_slot()?;
        kernel
            .pass(from, self.cnode, index, pass)
            .inspect_err(|_| self.own_slots.give(index))?;
        Ok(index)
    }

    /// Empties a slot of the component's CSpace with [`Kernel::withdraw`], and returns it to the empty
    /// ones. If the kernel fails, the slot is never used again.
    pub(crate) fn withdraw(&mut self, kernel: &mut impl Kernel, index: u64) {
        if kernel.withdraw(self.cnode, index).is_ok() {
            self.own_slots.give(index);
        }
    }

    /// Takes an unused event and passes it to `connect`. If that fails, the event stays unused.
    pub(crate) fn with_event<T>(
        &mut self,
        connect: impl FnOnce(&mut Self, u64) -> Result<T, Denial>,
    ) -> Result<T, Denial> {
        let event = !self.events & self.events.wrapping_add(1);
        if event == 0 {
            return Err(Denial::none_left(Resource::Events));
        }
        self.events |= event;
        connect(self, event).inspect_err(|_| self.give_event(event))
    }

    /// Returns an event to the unused ones.
    pub(crate) fn give_event(&mut self, event: u64) {
        self.events &= !event;
    }
}

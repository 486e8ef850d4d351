// SPDX-License-Identifier: BSD-2-Clause

//! Components: what they are configured to be, and what a running one has.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::pool::{Holding, Pool, page_align};
use crate::slots::Slots;
use crate::space::{RANGES, Range, Space};
use crate::{
    Denial, Kernel, KernelError, Memory, Object, PAGE_SIZE, Pass, Quota, Resource, Restart, Rights,
    Slot, Thread, Usage,
};

/// Slots of a component's CSpace as a power of two.
pub const CSPACE_BITS: u8 = 8;

/// Slot in a component's CSpace: the broker's endpoint.
pub const BROKER_SLOT: u64 = 1;

/// Slot in a component's CSpace: its own notification, to wait for.
pub const NOTIFICATION_SLOT: u64 = 2;

/// Slot in a component's CSpace: its reply object; MCS kernels only.
pub const REPLY_SLOT: u64 = 3;

/// The first slot of a component's CSpace that is for what it asks for.
const FIRST_FREE_SLOT: u64 = 8;

/// The bits of a notification that are events. The others would look like the badge of a component.
const EVENTS: u64 = !0xffff & !CHANNEL_ENDED;

/// The bit of a component's notification that is set when the other end of a channel is gone.
pub const CHANNEL_ENDED: u64 = 1 << 63;

/// A component's number. It is also the badge of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComponentId(pub u16);

impl ComponentId {
    /// The badge by which the broker and services know the component.
    pub const fn badge(self) -> u64 {
        self.0 as u64
    }
}

/// What a component is and may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Unique name.
    pub name: &'static str,
    /// Priority, 255 being the highest.
    pub priority: u8,
    /// What it may have at most.
    pub quota: Quota,
    /// Size of its stack in bytes.
    pub stack: u64,
    /// Devices that it may request, named as [`Device::find`](crate::Device::find) takes it.
    pub devices: &'static [&'static str],
    /// Services that it offers.
    pub provides: &'static [&'static str],
    /// Services that it may use.
    pub needs: &'static [&'static str],
    /// What to do when it fails.
    pub restart: Restart,
    /// Time that it may run in each period, in microseconds; has no effect without MCS.
    pub budget: u64,
    /// The period, in microseconds; has no effect without MCS.
    pub period: u64,
    /// Whether it may see and restart other components.
    pub operator: bool,
}

/// A program, ready to be loaded.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    /// Address of the first instruction.
    pub entry: u64,
    /// Its parts, no two of which share a page.
    pub segments: &'a [Segment<'a>],
}

/// A part of a program.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Where it lies.
    pub address: u64,
    /// Its size in bytes; what `bytes` leaves is zero.
    pub size: u64,
    /// What is loaded to its beginning.
    pub bytes: &'a [u8],
    /// What it may be used for.
    pub rights: Rights,
}

/// What a component does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs, or waits for something.
    Running,
    /// It doesn't run, and has nothing.
    Stopped,
}

/// What there is to know of a component.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub state: State,
    /// What it has.
    pub usage: Usage,
    /// How often it was started.
    pub starts: u32,
}

/// Memory that is mapped into a component.
#[derive(Debug)]
pub(crate) struct Mapping {
    range: Range,
    pub(crate) holdings: Vec<Holding>,
    usage: Usage,
}

/// An interrupt that a component handles.
#[derive(Debug)]
struct Handled {
    handler: Slot,
    signal: Slot,
}

/// All that a running component has.
#[derive(Debug)]
pub(crate) struct Live {
    quota: Quota,
    pub(crate) usage: Usage,
    objects: Vec<Holding>,
    pub(crate) thread: Slot,
    pub(crate) notification: Slot,
    pub(crate) cnode: Slot,
    address_space: Slot,
    space: Space,
    own_slots: Slots,
    events: u64,
    memory: BTreeMap<u64, Mapping>,
    interrupts: BTreeMap<u32, Handled>,
    fault_endpoint: Option<Slot>,
    /// The notification, badged with [`CHANNEL_ENDED`].
    pub(crate) ended: Option<Slot>,
}

impl Live {
    /// A component that has nothing yet.
    pub(crate) fn new(quota: Quota) -> Self {
        Self {
            quota,
            usage: Usage::default(),
            objects: Vec::new(),
            thread: Slot(0),
            notification: Slot(0),
            cnode: Slot(0),
            address_space: Slot(0),
            space: Space::new(),
            own_slots: Slots::new(FIRST_FREE_SLOT..1 << CSPACE_BITS),
            events: !EVENTS,
            memory: BTreeMap::new(),
            interrupts: BTreeMap::new(),
            fault_endpoint: None,
            ended: None,
        }
    }

    /// Makes the objects of a component, and loads and starts it. Where that fails, what was made so
    /// far is left for [`Self::take_apart`].
    pub(crate) fn start(
        &mut self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
        config: &Config,
        image: &Image<'_>,
        endpoint: Endpoint,
    ) -> Result<(), Denial> {
        self.thread = self.object(kernel, pool, Object::Thread)?;
        self.cnode = self.object(kernel, pool, Object::CNode(CSPACE_BITS))?;
        self.address_space = self.object(kernel, pool, Object::AddressSpace)?;
        self.notification = self.object(kernel, pool, Object::Notification)?;
        kernel.assign_asid(self.address_space)?;
        let sched_context = match kernel.is_mcs() {
            true => Some(self.object(kernel, pool, Object::SchedContext)?),
            false => None,
        };
        if kernel.is_mcs() {
            let reply = self.object(kernel, pool, Object::Reply)?;
            kernel.pass(reply, self.cnode, REPLY_SLOT, Pass::Whole)?;
        }
        kernel.pass(
            endpoint.slot,
            self.cnode,
            BROKER_SLOT,
            Pass::Send(endpoint.badge),
        )?;
        kernel.pass(
            self.notification,
            self.cnode,
            NOTIFICATION_SLOT,
            Pass::Receive,
        )?;
        for segment in image.segments {
            self.load(kernel, pool, segment)?;
        }
        let stack_size = page_align(config.stack)?;
        let stack = self.memory(kernel, pool, stack_size, Rights::ReadWrite)?;
        let ipc_buffer_address = self.memory(kernel, pool, PAGE_SIZE, Rights::ReadWrite)?;
        let ipc_buffer = self
            .memory
            .get(&ipc_buffer_address)
            .and_then(|mapping| mapping.holdings.first()?.slots.first().copied())
            .ok_or(KernelError::InvalidCapability)?;
        let ended = pool.take_slot()?;
        self.ended = Some(ended);
        kernel.mint(self.notification, ended, CHANNEL_ENDED)?;
        let fault_endpoint = pool.take_slot()?;
        self.fault_endpoint = Some(fault_endpoint);
        kernel.mint(endpoint.slot, fault_endpoint, endpoint.fault_badge)?;
        kernel.start(&Thread {
            thread: self.thread,
            cnode: self.cnode,
            address_space: self.address_space,
            fault_endpoint,
            notification: self.notification,
            sched_context,
            ipc_buffer,
            ipc_buffer_address,
            entry: image.entry,
            stack: stack + stack_size,
            priority: config.priority,
            budget: config.budget,
            period: config.period,
        })?;
        Ok(())
    }

    /// Takes back all that the component has. Its thread is stopped first.
    pub(crate) fn take_apart(
        self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
    ) -> Result<(), KernelError> {
        pool.release_all(kernel, self.objects)?;
        for handled in self.interrupts.into_values() {
            pool.delete(kernel, handled.handler)?;
            pool.give_slot(handled.signal);
        }
        for slot in [self.fault_endpoint, self.ended].into_iter().flatten() {
            pool.delete(kernel, slot)?;
        }
        for mapping in self.memory.into_values() {
            pool.release_all(kernel, mapping.holdings)?;
        }
        Ok(())
    }

    /// Whether `usage` could be charged.
    pub(crate) fn check(&self, usage: Usage) -> Result<(), Denial> {
        let mut charged = self.usage;
        charged.charge(usage, &self.quota)
    }

    pub(crate) fn charge(&mut self, usage: Usage) -> Result<(), Denial> {
        self.usage.charge(usage, &self.quota)
    }

    fn object(
        &mut self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
        object: Object,
    ) -> Result<Slot, Denial> {
        let usage = Usage {
            bytes: 1 << kernel.object_bits(object),
            slots: 1,
            devices: 0,
        };
        self.charge(usage)?;
        let holding = pool
            .object(kernel, object)
            .inspect_err(|_| self.usage.refund(usage))?;
        let slot = holding.slots.first().copied();
        self.objects.push(holding);
        Ok(slot.ok_or(KernelError::InvalidCapability)?)
    }

    fn load(
        &mut self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
        segment: &Segment<'_>,
    ) -> Result<(), Denial> {
        let malformed = Denial::Image {
            address: segment.address,
        };
        let end = segment.address.checked_add(segment.size).ok_or(malformed)?;
        if end > RANGES.start || segment.bytes.len() as u64 > segment.size {
            return Err(malformed);
        }
        let first = segment.address & !(PAGE_SIZE - 1);
        let size = page_align(end - first)?;
        let usage = Usage {
            bytes: size,
            slots: size / PAGE_SIZE,
            devices: 0,
        };
        self.charge(usage)?;
        let holdings = pool
            .pages(kernel, size)
            .inspect_err(|_| self.usage.refund(usage))?;
        let pages: Vec<Slot> = slots_of(&holdings);
        self.objects.extend(holdings);
        let executable = segment.rights == Rights::ReadExecute;
        let mut rest = segment.bytes;
        let mut offset = segment.address - first;
        for &page in &pages {
            let length = rest.len().min((PAGE_SIZE - offset) as usize);
            let (bytes, behind) = rest.split_at(length);
            kernel.fill_page(page, offset, bytes, executable)?;
            rest = behind;
            offset = 0;
        }
        self.map(kernel, pool, &pages, first, segment.rights, Memory::Normal)
    }

    /// Maps pages one after the other, with the tables that this takes.
    pub(crate) fn map(
        &mut self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
        pages: &[Slot],
        address: u64,
        rights: Rights,
        memory: Memory,
    ) -> Result<(), Denial> {
        let mut address = address;
        for &page in pages {
            let missing: Vec<_> = self
                .space
                .missing_tables(kernel.table_spans(), address)
                .collect();
            for table in missing {
                let slot = self.object(kernel, pool, Object::PageTable)?;
                kernel.map_table(slot, self.address_space, table.start)?;
                self.space.add_table(table);
            }
            kernel.map_page(page, self.address_space, address, rights, memory)?;
            address += PAGE_SIZE;
        }
        Ok(())
    }

    /// Allocates and maps `size` bytes, whole pages.
    pub(crate) fn memory(
        &mut self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
        size: u64,
        rights: Rights,
    ) -> Result<u64, Denial> {
        let usage = Usage {
            bytes: size,
            slots: size / PAGE_SIZE,
            devices: 0,
        };
        self.charge(usage)?;
        let outcome = pool.pages(kernel, size);
        let holdings = outcome.inspect_err(|_| self.usage.refund(usage))?;
        self.place(kernel, pool, holdings, usage, rights, Memory::Normal)
    }

    /// Maps what `holdings` hold, for which `usage` has been charged, to addresses of its own.
    pub(crate) fn place(
        &mut self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
        holdings: Vec<Holding>,
        usage: Usage,
        rights: Rights,
        memory: Memory,
    ) -> Result<u64, Denial> {
        let pages = slots_of(&holdings);
        let outcome = self.place_pages(kernel, pool, &pages, rights, memory);
        match outcome {
            Ok(range) => {
                let mapping = Mapping {
                    range,
                    holdings,
                    usage,
                };
                self.memory.insert(range.address(), mapping);
                Ok(range.address())
            }
            Err(denial) => {
                pool.release_all(kernel, holdings)?;
                self.usage.refund(usage);
                Err(denial)
            }
        }
    }

    /// Maps pages to addresses of their own. Where that fails, the caller deletes the pages'
    /// capabilities.
    pub(crate) fn place_pages(
        &mut self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
        pages: &[Slot],
        rights: Rights,
        memory: Memory,
    ) -> Result<Range, Denial> {
        let range = self.space.take(pages.len() as u64 * PAGE_SIZE)?;
        self.map(kernel, pool, pages, range.address(), rights, memory)
            .inspect_err(|_| self.space.give(range))?;
        Ok(range)
    }

    /// The addresses of `range` are no longer in use.
    pub(crate) fn give_range(&mut self, range: Range) {
        self.space.give(range);
    }

    /// Takes back what was mapped at `address`. Returns whether there was something.
    pub(crate) fn free(
        &mut self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
        address: u64,
    ) -> Result<bool, KernelError> {
        let Some(mapping) = self.memory.remove(&address) else {
            return Ok(false);
        };
        pool.release_all(kernel, mapping.holdings)?;
        self.space.give(mapping.range);
        self.usage.refund(mapping.usage);
        Ok(true)
    }

    /// The first physical address of what is mapped at `address`.
    pub(crate) fn physical(&self, address: u64) -> Option<u64> {
        let mapping = self.memory.get(&address)?;
        mapping.holdings.first().map(|holding| holding.block.start)
    }

    /// An empty slot of the component's CSpace, which [`Self::withdraw`] gives back.
    pub(crate) fn take_own_slot(&mut self) -> Result<u64, Denial> {
        self.own_slots.take().ok_or(Denial::UsedUp {
            resource: Resource::OwnSlots,
            asked: 1,
            left: 0,
        })
    }

    /// Passes a capability on, and says in which slot of the component's CSpace it is.
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

    /// Takes back a slot, and the capability in it if there is one.
    pub(crate) fn withdraw(
        &mut self,
        kernel: &mut impl Kernel,
        index: u64,
    ) -> Result<(), KernelError> {
        kernel.withdraw(self.cnode, index)?;
        self.own_slots.give(index);
        Ok(())
    }

    /// A bit of the component's notification that nothing else sets.
    pub(crate) fn take_event(&mut self) -> Result<u64, Denial> {
        let event = !self.events & self.events.wrapping_add(1);
        if event == 0 {
            return Err(Denial::UsedUp {
                resource: Resource::Events,
                asked: 1,
                left: 0,
            });
        }
        self.events |= event;
        Ok(event)
    }

    /// An event is no longer in use.
    pub(crate) fn give_event(&mut self, event: u64) {
        self.events &= !event;
    }

    /// Lets the component handle an interrupt. Returns its slot and its event.
    pub(crate) fn handle(
        &mut self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
        interrupt: crate::Interrupt,
    ) -> Result<(u64, u64), Denial> {
        self.charge(HANDLED)?;
        let outcome = self.try_handle(kernel, pool, interrupt);
        if outcome.is_err() {
            self.usage.refund(HANDLED);
        }
        outcome
    }

    fn try_handle(
        &mut self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
        interrupt: crate::Interrupt,
    ) -> Result<(u64, u64), Denial> {
        let event = self.take_event()?;
        let signal = pool.take_slot().inspect_err(|_| self.give_event(event))?;
        let outcome = kernel.mint(self.notification, signal, event);
        if let Err(error) = outcome {
            pool.give_slot(signal);
            self.give_event(event);
            return Err(error.into());
        }
        let outcome = self.take_handler(kernel, pool, interrupt, signal);
        match outcome {
            Ok((handler, index)) => {
                let handled = Handled { handler, signal };
                self.interrupts.insert(interrupt.number, handled);
                Ok((index, event))
            }
            Err(denial) => {
                pool.delete(kernel, signal)?;
                self.give_event(event);
                Err(denial)
            }
        }
    }

    fn take_handler(
        &mut self,
        kernel: &mut impl Kernel,
        pool: &mut Pool,
        interrupt: crate::Interrupt,
        signal: Slot,
    ) -> Result<(Slot, u64), Denial> {
        let handler = pool.take_slot()?;
        let taken = kernel.take_interrupt(interrupt.number, interrupt.trigger, handler);
        if let Err(error) = taken {
            pool.give_slot(handler);
            return Err(error.into());
        }
        let bound = kernel.bind_interrupt(handler, signal);
        let outcome = bound
            .map_err(Denial::from)
            .and_then(|()| self.pass(kernel, handler, Pass::Whole));
        match outcome {
            Ok(index) => Ok((handler, index)),
            Err(denial) => {
                pool.delete(kernel, handler)?;
                Err(denial)
            }
        }
    }

    /// The interrupts that the component handles.
    pub(crate) fn interrupts(&self) -> impl Iterator<Item = u32> {
        self.interrupts.keys().copied()
    }
}

/// What handling an interrupt is charged.
const HANDLED: Usage = Usage {
    bytes: 0,
    slots: 2,
    devices: 0,
};

/// The broker's endpoint, as one component sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint {
    pub(crate) slot: Slot,
    pub(crate) badge: u64,
    pub(crate) fault_badge: u64,
}

/// The slots of all pages that `holdings` hold.
pub(crate) fn slots_of(holdings: &[Holding]) -> Vec<Slot> {
    holdings
        .iter()
        .flat_map(|holding| holding.slots.iter().copied())
        .collect()
}

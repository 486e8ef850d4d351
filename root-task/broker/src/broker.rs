// SPDX-License-Identifier: BSD-2-Clause

//! The broker: every request that a component, or the root task for it, can make.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::ops::Range;

use crate::component::{Endpoint, Live, slots_of};
use crate::pool::{Pool, page_align};
use crate::shared::{Channel, End, Service};
use crate::{
    Action, Audit, Block, ChannelEnd, ComponentId, Config, Denial, Device, DeviceError, Image,
    Kernel, KernelError, Memory, Object, PAGE_SIZE, Pass, Rights, Slot, State, Status, Usage,
};

/// A piece of untyped memory that the kernel left to the root task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UntypedMemory {
    /// Which memory.
    pub block: Block,
    /// Its capability.
    pub slot: Slot,
    /// Whether it is anything else than RAM.
    pub is_device: bool,
}

/// What the broker has to give.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// Empty slots of the root task's CSpace.
    pub empty_slots: Range<u64>,
    /// Untyped memory of which nothing has been made.
    pub untyped: Vec<UntypedMemory>,
}

/// A component, running or not.
#[derive(Debug)]
struct Component {
    config: &'static Config,
    starts: u32,
    live: Option<Live>,
}

/// Decides on requests, and keeps the books.
#[derive(Debug)]
pub struct Broker<K> {
    kernel: K,
    pool: Pool,
    endpoint: Slot,
    components: Vec<Component>,
    services: BTreeMap<&'static str, Service>,
    channels: BTreeMap<u64, Channel>,
    next_channel: u64,
    interrupts: BTreeMap<u32, ComponentId>,
    audit: Audit,
}

impl<K: Kernel> Broker<K> {
    /// A broker that gives out what `inventory` lists.
    ///
    /// # Errors
    ///
    /// Fails where the broker's own endpoint can't be made.
    pub fn new(kernel: K, inventory: Inventory) -> Result<Self, Denial> {
        let mut kernel = kernel;
        let mut pool = Pool::new(inventory.empty_slots);
        for untyped in inventory.untyped {
            pool.add(untyped.block, untyped.slot, untyped.is_device);
        }
        let endpoint = pool.object(&mut kernel, Object::Endpoint)?;
        let endpoint = endpoint.slots.first().copied();
        Ok(Self {
            kernel,
            pool,
            endpoint: endpoint.ok_or(KernelError::InvalidCapability)?,
            components: Vec::new(),
            services: BTreeMap::new(),
            channels: BTreeMap::new(),
            next_channel: 0,
            interrupts: BTreeMap::new(),
            audit: Audit::default(),
        })
    }

    /// Makes an object for the root task itself, which is never taken back.
    ///
    /// # Errors
    ///
    /// Fails where memory or slots don't suffice.
    pub fn make_own(&mut self, object: Object) -> Result<Slot, Denial> {
        let holding = self.pool.object(&mut self.kernel, object)?;
        let slot = holding.slots.first().copied();
        Ok(slot.ok_or(KernelError::InvalidCapability)?)
    }

    /// The badge bit that tells the faults of a component from its requests.
    pub const FAULT_BADGE: u64 = 1 << 32;

    /// The endpoint that requests and faults arrive at.
    pub fn endpoint(&self) -> Slot {
        self.endpoint
    }

    /// The kernel.
    pub fn kernel(&mut self) -> &mut K {
        &mut self.kernel
    }

    /// Bytes of RAM that are free.
    pub fn free_bytes(&self) -> u64 {
        self.pool.free_bytes()
    }

    /// Slots of the root task's CSpace that are empty.
    pub fn free_slots(&self) -> u64 {
        self.pool.free_slots()
    }

    /// What was granted and denied.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Notes a request that could not even be read.
    pub fn refuse_unknown(&mut self, id: ComponentId, request: u64) {
        let denial = Some(Denial::NotConfigured);
        self.audit.record(id, Action::Unknown(request), denial);
    }

    /// All components.
    pub fn components(&self) -> impl Iterator<Item = (ComponentId, Status)> {
        self.components.iter().zip(1..).map(|(component, number)| {
            let live = component.live.as_ref();
            let status = Status {
                name: component.config.name,
                state: live.map_or(State::Stopped, |_| State::Running),
                usage: live.map(|live| live.usage).unwrap_or_default(),
                starts: component.starts,
            };
            (ComponentId(number), status)
        })
    }

    /// What `id` is configured to be.
    pub fn config(&self, id: ComponentId) -> Option<&'static Config> {
        let index = usize::from(id.0).checked_sub(1)?;
        Some(self.components.get(index)?.config)
    }

    /// Makes a component known, without starting it.
    ///
    /// # Errors
    ///
    /// Fails where the name is taken.
    pub fn add(&mut self, config: &'static Config) -> Result<ComponentId, Denial> {
        let is_taken = |component: &Component| component.config.name == config.name;
        if self.components.iter().any(is_taken) {
            return Err(Denial::Name);
        }
        self.components.push(Component {
            config,
            starts: 0,
            live: None,
        });
        Ok(ComponentId(self.components.len() as u16))
    }

    /// Loads and starts a component.
    ///
    /// # Errors
    ///
    /// Fails where it runs already, or its quota or the memory is too small. It is stopped then.
    pub fn spawn(&mut self, id: ComponentId, image: &Image<'_>) -> Result<(), Denial> {
        self.audited(id, Action::Spawn, |broker| {
            let endpoint = Endpoint {
                slot: broker.endpoint,
                badge: id.badge(),
                fault_badge: Self::FAULT_BADGE | id.badge(),
            };
            let component = component_mut(&mut broker.components, id)?;
            if component.live.is_some() {
                return Err(Denial::Running);
            }
            let config = component.config;
            let mut live = Live::new(config.quota);
            let (kernel, pool) = (&mut broker.kernel, &mut broker.pool);
            match live.start(kernel, pool, config, image, endpoint) {
                Ok(()) => {
                    component.live = Some(live);
                    component.starts += 1;
                    Ok(())
                }
                Err(denial) => {
                    live.take_apart(kernel, pool)?;
                    Err(denial)
                }
            }
        })
    }

    /// Stops a component and takes back all that it has.
    ///
    /// Who waits for its answer asks again, and waits for it to be restarted; except for `asking`, who
    /// waits for the answer to this very request.
    ///
    /// # Errors
    ///
    /// Fails where it doesn't run.
    pub fn stop(&mut self, id: ComponentId, asking: Option<ComponentId>) -> Result<(), Denial> {
        self.audited(id, Action::Stop, |broker| {
            let component = component_mut(&mut broker.components, id)?;
            let live = component.live.take().ok_or(Denial::NotRunning)?;
            for interrupt in live.interrupts() {
                broker.interrupts.remove(&interrupt);
            }
            broker.leave_channels(id)?;
            live.take_apart(&mut broker.kernel, &mut broker.pool)?;
            broker.leave_services(id, asking)
        })
    }

    /// Maps `bytes` of memory, rounded up to whole pages, and returns their address.
    ///
    /// # Errors
    ///
    /// Fails where quota, memory or addresses don't suffice.
    pub fn allocate_memory(
        &mut self,
        id: ComponentId,
        bytes: u64,
        rights: Rights,
    ) -> Result<u64, Denial> {
        self.audited(id, Action::AllocateMemory(bytes), |broker| {
            let size = page_align(bytes)?;
            let (live, kernel, pool) = broker.live(id)?;
            live.memory(kernel, pool, size, rights)
        })
    }

    /// Maps one piece of memory that a device can access, uncached, and returns its virtual and its
    /// physical address. Its size is `bytes` rounded up to a power of two.
    ///
    /// # Errors
    ///
    /// Fails where quota, memory or addresses don't suffice.
    pub fn allocate_dma(&mut self, id: ComponentId, bytes: u64) -> Result<(u64, u64), Denial> {
        self.audited(id, Action::AllocateMemory(bytes), |broker| {
            let size = page_align(bytes)?
                .checked_next_power_of_two()
                .ok_or(Denial::Size { asked: bytes })?;
            let bits = u8::try_from(size.ilog2()).unwrap_or(u8::MAX);
            let usage = Usage {
                bytes: size,
                slots: size / PAGE_SIZE,
                devices: 0,
            };
            let (live, kernel, pool) = broker.live(id)?;
            live.charge(usage)?;
            let holding = pool
                .contiguous_pages(kernel, bits)
                .inspect_err(|_| live.usage.refund(usage))?;
            let holdings = Vec::from([holding]);
            let rights = Rights::ReadWrite;
            let address = live.place(kernel, pool, holdings, usage, rights, Memory::Device)?;
            let physical = live.physical(address);
            Ok((address, physical.ok_or(Denial::NotOwned { what: address })?))
        })
    }

    /// Takes back memory, a device or a channel, by the address that it was mapped at.
    ///
    /// # Errors
    ///
    /// Fails where nothing was mapped there for the component.
    pub fn free_memory(&mut self, id: ComponentId, address: u64) -> Result<(), Denial> {
        self.audited(id, Action::FreeMemory(address), |broker| {
            let (live, kernel, pool) = broker.live(id)?;
            if live.free(kernel, pool, address)? {
                return Ok(());
            }
            let number = broker.channels.iter().find_map(|(&number, channel)| {
                let end = channel.ends.get(&id)?;
                (end.range.address() == address).then_some(number)
            });
            match number {
                Some(number) => broker.leave_channel(id, number),
                None => Err(Denial::NotOwned { what: address }),
            }
        })
    }

    /// Maps the registers of a device, or one of several ranges of them, and returns their address
    /// and size.
    ///
    /// # Errors
    ///
    /// Fails where the device is not in the component's configuration, the ranges are fewer, or a
    /// page of the registers has been granted to somebody.
    pub fn request_device(
        &mut self,
        id: ComponentId,
        name: &str,
        device: &Result<Device, DeviceError>,
        range: usize,
    ) -> Result<(u64, u64), Denial> {
        let registers = device
            .as_ref()
            .ok()
            .and_then(|device| device.registers.get(range).copied());
        let shown = registers.map_or(0, |registers| registers.start.0);
        self.audited(id, Action::RequestDevice(shown), |broker| {
            broker.check_device(id, name)?;
            if let Err(error) = device {
                return Err((*error).into());
            }
            let registers = registers.ok_or(DeviceError::NoRegisters)?;
            let first = registers.start.0 & !(PAGE_SIZE - 1);
            let size = page_align(registers.end.0 - first)?;
            let usage = Usage {
                bytes: 0,
                slots: size / PAGE_SIZE,
                devices: 1,
            };
            let (live, kernel, pool) = broker.live(id)?;
            live.charge(usage)?;
            let mut holdings = Vec::new();
            for page in (first..first + size).step_by(PAGE_SIZE as usize) {
                match pool.device_page(kernel, page) {
                    Ok(holding) => holdings.push(holding),
                    Err(denial) => {
                        pool.release_all(kernel, holdings)?;
                        live.usage.refund(usage);
                        return Err(denial);
                    }
                }
            }
            let rights = Rights::ReadWrite;
            let address = live.place(kernel, pool, holdings, usage, rights, Memory::Device)?;
            let offset = registers.start.0 - first;
            Ok((address + offset, registers.end.0 - registers.start.0))
        })
    }

    /// Lets a component handle one of a device's interrupts. Returns the slot of the handler's
    /// capability, and the bit that the interrupt sets in the component's notification.
    ///
    /// # Errors
    ///
    /// Fails where the device is not in the component's configuration, or the interrupt has been
    /// granted to somebody.
    pub fn request_irq(
        &mut self,
        id: ComponentId,
        name: &str,
        device: &Result<Device, DeviceError>,
        index: usize,
    ) -> Result<(u64, u64), Denial> {
        let interrupt = device
            .as_ref()
            .ok()
            .and_then(|device| device.interrupts.get(index).copied());
        let shown = interrupt.map_or(0, |interrupt| interrupt.number);
        self.audited(id, Action::RequestInterrupt(shown), |broker| {
            broker.check_device(id, name)?;
            if let Err(error) = device {
                return Err((*error).into());
            }
            let interrupt = interrupt.ok_or(DeviceError::NoInterrupt)?;
            if broker.interrupts.contains_key(&interrupt.number) {
                return Err(Denial::Taken {
                    what: interrupt.number.into(),
                });
            }
            let (live, kernel, pool) = broker.live(id)?;
            let granted = live.handle(kernel, pool, interrupt)?;
            broker.interrupts.insert(interrupt.number, id);
            Ok(granted)
        })
    }

    /// Lets a component receive the calls to a service. Returns the slot of the endpoint.
    ///
    /// # Errors
    ///
    /// Fails where the component's configuration doesn't provide the service.
    pub fn register_service(&mut self, id: ComponentId, name: &str) -> Result<u64, Denial> {
        self.audited(id, Action::RegisterService, |broker| {
            let provides = broker.configured(id, name, |config| config.provides)?;
            broker.pass_service(id, provides, Pass::Receive)
        })
    }

    /// Lets a component call a service. Returns the slot of the endpoint.
    ///
    /// # Errors
    ///
    /// Fails where the component's configuration doesn't need the service.
    pub fn lookup_service(&mut self, id: ComponentId, name: &str) -> Result<u64, Denial> {
        self.audited(id, Action::LookupService, |broker| {
            let needs = broker.configured(id, name, |config| config.needs)?;
            broker.pass_service(id, needs, Pass::Send(id.badge()))
        })
    }

    /// Creates a channel to the provider of a service, who has to accept it.
    ///
    /// # Errors
    ///
    /// Fails where the component's configuration doesn't need the service, its provider doesn't run,
    /// or quota or memory don't suffice.
    pub fn create_channel(
        &mut self,
        id: ComponentId,
        service: &str,
        bytes: u64,
    ) -> Result<ChannelEnd, Denial> {
        self.audited(id, Action::CreateChannel(bytes), |broker| {
            let service = broker.configured(id, service, |config| config.needs)?;
            let server = broker.provider(service).ok_or(Denial::NotRunning)?;
            if server == id {
                return Err(Denial::NotConfigured);
            }
            let size = page_align(bytes)?;
            let (_, kernel, pool) = broker.live(id)?;
            let holdings = pool.pages(kernel, size)?;
            let mut channel = Channel {
                client: id,
                server,
                holdings,
                offered: None,
                ends: BTreeMap::new(),
            };
            let outcome = broker.offer(&mut channel);
            match outcome {
                Ok(end) => {
                    broker.channels.insert(broker.next_channel, channel);
                    broker.next_channel += 1;
                    Ok(end)
                }
                Err(denial) => {
                    broker
                        .pool
                        .release_all(&mut broker.kernel, channel.holdings)?;
                    Err(denial)
                }
            }
        })
    }

    /// Takes part in the channel that the component `client` created last.
    ///
    /// # Errors
    ///
    /// Fails where there is no such channel, or quota doesn't suffice.
    pub fn accept_channel(&mut self, id: ComponentId, client: u64) -> Result<ChannelEnd, Denial> {
        self.audited(id, Action::AcceptChannel(client), |broker| {
            let offered = broker.channels.iter().rev().find(|(_, channel)| {
                channel.server == id
                    && channel.client.badge() == client
                    && channel.offered.is_some()
            });
            let number = *offered.ok_or(Denial::NotOwned { what: client })?.0;
            let channel = broker.channels.remove(&number);
            let mut channel = channel.ok_or(Denial::NotOwned { what: client })?;
            let outcome = broker.accept(&mut channel);
            broker.channels.insert(number, channel);
            outcome
        })
    }

    fn audited<T>(
        &mut self,
        id: ComponentId,
        action: Action,
        work: impl FnOnce(&mut Self) -> Result<T, Denial>,
    ) -> Result<T, Denial> {
        let outcome = work(self);
        self.audit
            .record(id, action, outcome.as_ref().err().copied());
        outcome
    }

    fn live(&mut self, id: ComponentId) -> Result<(&mut Live, &mut K, &mut Pool), Denial> {
        let component = component_mut(&mut self.components, id)?;
        let live = component.live.as_mut().ok_or(Denial::NotRunning)?;
        Ok((live, &mut self.kernel, &mut self.pool))
    }

    /// The name in the configuration that equals `name`.
    fn configured(
        &self,
        id: ComponentId,
        name: &str,
        names: fn(&Config) -> &'static [&'static str],
    ) -> Result<&'static str, Denial> {
        let config = self.config(id).ok_or(Denial::NoSuchComponent(id.0))?;
        let found = names(config).iter().copied().find(|&known| known == name);
        found.ok_or(Denial::NotConfigured)
    }

    fn check_device(&self, id: ComponentId, name: &str) -> Result<(), Denial> {
        self.configured(id, name, |config| config.devices).map(drop)
    }

    /// The running component that provides `service`.
    fn provider(&self, service: &str) -> Option<ComponentId> {
        let provides = |component: &Component| {
            component.live.is_some() && component.config.provides.contains(&service)
        };
        let index = self.components.iter().position(provides)?;
        Some(ComponentId(index as u16 + 1))
    }

    fn pass_service(
        &mut self,
        id: ComponentId,
        name: &'static str,
        pass: Pass,
    ) -> Result<u64, Denial> {
        self.live(id)?;
        let endpoint = match self.services.get(name) {
            Some(service) => service.endpoint,
            None => {
                let holding = self.pool.object(&mut self.kernel, Object::Endpoint)?;
                let endpoint = holding.slots.first().copied();
                let endpoint = endpoint.ok_or(KernelError::InvalidCapability)?;
                let holders = BTreeSet::new();
                let service = Service {
                    endpoint,
                    holding,
                    holders,
                };
                self.services.insert(name, service);
                endpoint
            }
        };
        let (live, kernel, _) = self.live(id)?;
        let outcome = live.pass(kernel, endpoint, pass);
        match &outcome {
            Ok(_) => {
                if let Some(service) = self.services.get_mut(name) {
                    service.holders.insert(id);
                }
            }
            Err(_) => self.release_unused_services()?,
        }
        outcome
    }

    /// Ends what a stopped component had of services.
    fn leave_services(
        &mut self,
        id: ComponentId,
        asking: Option<ComponentId>,
    ) -> Result<(), Denial> {
        let provides = self.config(id).map_or(&[][..], |config| config.provides);
        let mut waiting = BTreeSet::new();
        for (name, service) in &mut self.services {
            service.holders.remove(&id);
            if provides.contains(name) {
                waiting.extend(service.holders.iter().copied());
            }
        }
        waiting.retain(|&client| Some(client) != asking);
        for client in waiting {
            let (live, kernel, _) = self.live(client)?;
            kernel.ask_again(live.thread)?;
        }
        self.release_unused_services()
    }

    fn release_unused_services(&mut self) -> Result<(), Denial> {
        let unused = self
            .services
            .extract_if(.., |_, service| service.holders.is_empty());
        for (_, service) in unused {
            self.pool.release(&mut self.kernel, service.holding)?;
        }
        Ok(())
    }

    /// Gives the client its end of a channel, and the server an event for it.
    fn offer(&mut self, channel: &mut Channel) -> Result<ChannelEnd, Denial> {
        let (server, ..) = self.live(channel.server)?;
        let server_notification = server.notification;
        let offered = server.take_event()?;
        let outcome = self.connect(channel, channel.client, server_notification, offered, None);
        match outcome {
            Ok(end) => {
                channel.offered = Some(offered);
                Ok(end)
            }
            Err(denial) => {
                let (server, ..) = self.live(channel.server)?;
                server.give_event(offered);
                Err(denial)
            }
        }
    }

    /// Gives the server its end of a channel.
    fn accept(&mut self, channel: &mut Channel) -> Result<ChannelEnd, Denial> {
        let gone = Denial::NotOwned {
            what: channel.client.badge(),
        };
        let theirs = channel.ends.get(&channel.client).ok_or(gone)?.event;
        let (client, ..) = self.live(channel.client)?;
        let notification = client.notification;
        let end = self.connect(
            channel,
            channel.server,
            notification,
            theirs,
            channel.offered,
        )?;
        channel.offered = None;
        Ok(end)
    }

    /// Maps a channel's memory into `id`, and passes it the capability that sets bit `theirs` of the
    /// other end's notification. Where `event` is `None`, an event of `id` is taken.
    fn connect(
        &mut self,
        channel: &mut Channel,
        id: ComponentId,
        other: Slot,
        theirs: u64,
        event: Option<u64>,
    ) -> Result<ChannelEnd, Denial> {
        let originals = slots_of(&channel.holdings);
        let size = channel.size();
        let usage = Usage {
            bytes: size,
            slots: originals.len() as u64,
            devices: 0,
        };
        let (live, kernel, pool) = self.live(id)?;
        live.charge(usage)?;
        let mut pages = Vec::new();
        let outcome = connect_end(
            live,
            kernel,
            pool,
            &originals,
            &mut pages,
            |live, kernel| {
                let signal = live.pass(kernel, other, Pass::Send(theirs))?;
                match event {
                    Some(event) => Ok((signal, event)),
                    None => match live.take_event() {
                        Ok(event) => Ok((signal, event)),
                        Err(denial) => {
                            live.withdraw(kernel, signal)?;
                            Err(denial)
                        }
                    },
                }
            },
        );
        match outcome {
            Ok((range, signal, event)) => {
                let end = End {
                    range,
                    pages,
                    signal,
                    event,
                    usage,
                };
                channel.ends.insert(id, end);
                Ok(ChannelEnd {
                    address: range.address(),
                    size,
                    signal,
                    event,
                })
            }
            Err(denial) => {
                live.usage.refund(usage);
                for page in pages {
                    pool.delete(kernel, page)?;
                }
                Err(denial)
            }
        }
    }

    /// Ends the part that `id`, which still runs, has in all its channels.
    fn leave_channels(&mut self, id: ComponentId) -> Result<(), Denial> {
        let mine: Vec<u64> = self
            .channels
            .iter()
            .filter(|(_, channel)| channel.client == id || channel.server == id)
            .map(|(&number, _)| number)
            .collect();
        for number in mine {
            self.leave_channel(id, number)?;
        }
        Ok(())
    }

    /// Ends the part that `id` has in a channel, and wakes the other end. The memory is free when
    /// nobody is left.
    fn leave_channel(&mut self, id: ComponentId, number: u64) -> Result<(), Denial> {
        let Some(channel) = self.channels.get_mut(&number) else {
            return Ok(());
        };
        let offered = channel.offered.take();
        let server = channel.server;
        let others: Vec<ComponentId> = channel.ends.keys().copied().collect();
        if let Some(end) = channel.ends.remove(&id) {
            for page in end.pages {
                self.pool.delete(&mut self.kernel, page)?;
            }
            if let Ok((live, kernel, _)) = self.live(id) {
                live.withdraw(kernel, end.signal)?;
                live.give_event(end.event);
                live.give_range(end.range);
                live.usage.refund(end.usage);
            }
        }
        if let (Some(event), Ok((live, ..))) = (offered, self.live(server)) {
            live.give_event(event);
        }
        for other in others {
            if let Ok((live, kernel, _)) = self.live(other)
                && other != id
                && let Some(ended) = live.ended
            {
                kernel.signal(ended)?;
            }
        }
        let is_unused = |channel: &Channel| channel.ends.is_empty();
        if self.channels.get(&number).is_some_and(is_unused)
            && let Some(channel) = self.channels.remove(&number)
        {
            self.pool.release_all(&mut self.kernel, channel.holdings)?;
        }
        Ok(())
    }
}

fn component_mut(components: &mut [Component], id: ComponentId) -> Result<&mut Component, Denial> {
    usize::from(id.0)
        .checked_sub(1)
        .and_then(|index| components.get_mut(index))
        .ok_or(Denial::NoSuchComponent(id.0))
}

/// Copies pages, whose copies are left in `pages` in any case, maps them and connects the signal.
fn connect_end<K: Kernel>(
    live: &mut Live,
    kernel: &mut K,
    pool: &mut Pool,
    originals: &[Slot],
    pages: &mut Vec<Slot>,
    signal: impl FnOnce(&mut Live, &mut K) -> Result<(u64, u64), Denial>,
) -> Result<(crate::space::Range, u64, u64), Denial> {
    for &original in originals {
        let page = pool.take_slot()?;
        if let Err(error) = kernel.copy(original, page) {
            pool.give_slot(page);
            return Err(error.into());
        }
        pages.push(page);
    }
    let range = live.place_pages(kernel, pool, pages, Rights::ReadWrite, Memory::Normal)?;
    match signal(live, kernel) {
        Ok((signal, event)) => Ok((range, signal, event)),
        Err(denial) => {
            live.give_range(range);
            Err(denial)
        }
    }
}

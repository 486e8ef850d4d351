// SPDX-License-Identifier: BSD-2-Clause

//! Channels: memory that two components share, with a signal in each direction.

mod leaving;

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec;

use super::Broker;
use crate::audit::Action;
use crate::config::ComponentId;
use crate::error::Denial;
use crate::kernel::{Access, Kernel, Pass};
use crate::pool::{SharedMemory, block_bits, page_align, slots_of};
use crate::process::Process;
use crate::quota::Resources;
use crate::shared::{Channel, ChannelEnd, End};

impl<K: Kernel> Broker<K> {
    /// Creates a channel to the provider of a service, which then accepts it. If the provider has
    /// devices that access memory, the channel's memory is one block, and uncached.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need the service, its provider doesn't run,
    /// or quota or memory are exhausted.
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
            let is_driver = broker.has_dma(server);
            let size = match is_driver {
                true => 1 << block_bits(bytes)?,
                false => page_align(bytes)?,
            };
            let (process, pool) = broker.process(id)?;
            // Check before allocating, because a component may ask for any size.
            process.check(price(size, true))?;
            let (memory, access) = match is_driver {
                true => (
                    vec![pool.contiguous_pages(size.ilog2() as u8)?],
                    Access::Device,
                ),
                false => (pool.pages(size)?, Access::ReadWrite),
            };
            let mut channel = Channel {
                client: id,
                server,
                memory: Rc::new(memory),
                size,
                access,
                is_offered: true,
                ends: BTreeMap::new(),
            };
            // The client's signal slot stays empty until the server accepts. A server has few
            // events, so a client can't take them away.
            let end = broker.connect(&mut channel, id, |client, _, _| client.take_own_slot());
            if end.is_ok() {
                broker.channels.insert(broker.next_channel, channel);
                broker.next_channel += 1;
            } else {
                broker.pool.release_shared(channel.memory);
            }
            end
        })
    }

    /// Accepts the channel that the component `client` created last, if it has at most `most` bytes.
    ///
    /// # Errors
    ///
    /// Fails if there is no such channel, it is larger, or the quota is exhausted.
    pub fn accept_channel(
        &mut self,
        id: ComponentId,
        client: u64,
        most: u64,
    ) -> Result<ChannelEnd, Denial> {
        let action = Action::AcceptChannel(self.name_of_client(client));
        self.audited(id, action, |broker| {
            let (end, _) = broker.accept_offered(id, client, most)?;
            Ok(end)
        })
    }

    /// Like [`Self::accept_channel`], for memory that a device of the component accesses. The memory
    /// stays the component's until it ends, even if both ends are closed. Returns its physical address
    /// too.
    ///
    /// # Errors
    ///
    /// Fails also if the component's configuration names no device that accesses memory.
    pub fn accept_for_device(
        &mut self,
        id: ComponentId,
        client: u64,
        most: u64,
    ) -> Result<(ChannelEnd, u64), Denial> {
        let action = Action::AcceptForDevice(self.name_of_client(client));
        self.audited(id, action, |broker| {
            if !broker.has_dma(id) {
                return Err(Denial::NotConfigured);
            }
            let (end, memory) = broker.accept_offered(id, client, most)?;
            let block = memory.first().ok_or(Denial::NotOwned(client))?.block;
            let (process, _) = broker.process(id)?;
            process.keep_for_device(memory);
            Ok((end, block.start))
        })
    }

    fn name_of_client(&self, client: u64) -> &'static str {
        self.name(u16::try_from(client).map_or(ComponentId(0), ComponentId))
    }

    fn accept_offered(
        &mut self,
        id: ComponentId,
        client: u64,
        most: u64,
    ) -> Result<(ChannelEnd, SharedMemory), Denial> {
        let offered = self.channels.iter().rev().find(|(_, channel)| {
            channel.server == id && channel.client.badge() == client && channel.is_offered
        });
        let (&number, channel) = offered.ok_or(Denial::NotOwned(client))?;
        if channel.size > most {
            let size = channel.size;
            return Err(Denial::Limit { size, most });
        }
        let channel = self.channels.remove(&number);
        let mut channel = channel.ok_or(Denial::NotOwned(client))?;
        let outcome = self.accept(&mut channel);
        let memory = Rc::clone(&channel.memory);
        self.channels.insert(number, channel);
        Ok((outcome?, memory))
    }

    /// Whether the other end of a channel, given by its address, is there or may still come.
    ///
    /// # Errors
    ///
    /// Fails if the component has no channel there.
    pub fn channel_is_open(&self, id: ComponentId, address: u64) -> Result<bool, Denial> {
        let number = self.channel_at(id, address);
        let channel = number.and_then(|number| self.channels.get(&number));
        let channel = channel.ok_or(Denial::NotOwned(address))?;
        Ok(channel.is_offered || channel.ends.len() > 1)
    }

    /// Finds the channel whose memory is mapped at `address` in a component.
    pub(super) fn channel_at(&self, id: ComponentId, address: u64) -> Option<u64> {
        self.channels.iter().find_map(|(&number, channel)| {
            let end = channel.ends.get(&id)?;
            (end.range.address() == address).then_some(number)
        })
    }

    /// Connects the server's end, and lets the client signal it.
    fn accept(&mut self, channel: &mut Channel) -> Result<ChannelEnd, Denial> {
        let gone = Denial::NotOwned(channel.client.badge());
        let theirs = channel.ends.get(&channel.client).ok_or(gone)?.end;
        let (client, _) = self.process(channel.client)?;
        let (client_cnode, client_notification) = (client.cnode, client.notification);
        let id = channel.server;
        let end = self.connect(channel, id, |server, kernel, event| {
            let to_server = Pass::Send(event);
            kernel.pass(server.notification, client_cnode, theirs.signal, to_server)?;
            let signal = server.pass(kernel, client_notification, Pass::Send(theirs.event));
            if signal.is_err() {
                kernel.withdraw(client_cnode, theirs.signal)?;
            }
            signal
        })?;
        channel.is_offered = false;
        Ok(end)
    }

    /// Maps a channel's memory into `id`, and takes one of its events. With that event,
    /// `connect_signal` connects the other end's signal, and returns the signal's slot in `id`.
    fn connect(
        &mut self,
        channel: &mut Channel,
        id: ComponentId,
        connect_signal: impl FnOnce(&mut Process, &mut K, u64) -> Result<u64, Denial>,
    ) -> Result<ChannelEnd, Denial> {
        let (size, access) = (channel.size, channel.access);
        let price = price(size, channel.client == id);
        let (process, pool) = self.process(id)?;
        process.charged(price, |process| {
            let pages = pool.copy(&slots_of(&channel.memory))?;
            let mapped = process.map_anywhere(pool, &pages, access);
            let connected = mapped.and_then(|range| {
                process
                    .with_event(|process, event| {
                        let end = ChannelEnd {
                            address: range.address(),
                            size,
                            signal: connect_signal(process, &mut pool.kernel, event)?,
                            event,
                        };
                        Ok((range, end))
                    })
                    .inspect_err(|_| process.space.give(range))
            });
            if connected.is_err() {
                pool.delete(pages.iter().copied());
            }
            let (range, end) = connected?;
            channel.ends.insert(id, End { range, pages, end });
            Ok(end)
        })
    }
}

/// Returns what an end of a channel costs: its memory, a slot for each page that it maps, and for the
/// client also the slots of the memory itself.
fn price(size: u64, is_client: bool) -> Resources {
    let mut price = Resources::pages(size);
    price.slots *= if is_client { 2 } else { 1 };
    price
}

// SPDX-License-Identifier: BSD-2-Clause

//! Channels: memory that two components share, and a signal for each.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Broker;
use crate::component::{Live, slots_of};
use crate::pool::{Pool, page_align};
use crate::shared::{Channel, End};
use crate::{
    Action, ChannelEnd, ComponentId, Denial, Kernel, Memory, PAGE_SIZE, Pass, Rights, Slot, Usage,
};

impl<K: Kernel> Broker<K> {
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
            let (live, kernel, pool) = broker.live(id)?;
            // Before any memory is taken: the channel's size is the component's word only.
            live.check(Usage {
                bytes: size,
                slots: size / PAGE_SIZE,
                devices: 0,
            })?;
            let holdings = pool.pages(kernel, size)?;
            let mut channel = Channel {
                client: id,
                server,
                holdings,
                is_offered: true,
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
                channel.server == id && channel.client.badge() == client && channel.is_offered
            });
            let number = *offered.ok_or(Denial::NotOwned { what: client })?.0;
            let channel = broker.channels.remove(&number);
            let mut channel = channel.ok_or(Denial::NotOwned { what: client })?;
            let outcome = broker.accept(&mut channel);
            broker.channels.insert(number, channel);
            outcome
        })
    }

    /// Gives the client its end of a channel. The slot of its signal stays empty: a server has few
    /// events, so none is taken for what it has not accepted.
    fn offer(&mut self, channel: &mut Channel) -> Result<ChannelEnd, Denial> {
        let client = channel.client;
        self.connect(channel, client, |live, _, _| live.take_own_slot())
    }

    /// Gives the server its end of a channel, and the client the signal of it.
    fn accept(&mut self, channel: &mut Channel) -> Result<ChannelEnd, Denial> {
        let gone = Denial::NotOwned {
            what: channel.client.badge(),
        };
        let theirs = channel.ends.get(&channel.client).ok_or(gone)?;
        let (their_event, their_signal) = (theirs.event, theirs.signal);
        let (client, ..) = self.live(channel.client)?;
        let (client_cnode, client_notification) = (client.cnode, client.notification);
        let server = channel.server;
        let end = self.connect(channel, server, |live, kernel, event| {
            let to_server = Pass::Send(event);
            kernel.pass(live.notification, client_cnode, their_signal, to_server)?;
            match live.pass(kernel, client_notification, Pass::Send(their_event)) {
                Ok(signal) => Ok(signal),
                Err(denial) => {
                    kernel.withdraw(client_cnode, their_signal)?;
                    Err(denial)
                }
            }
        })?;
        channel.is_offered = false;
        Ok(end)
    }

    /// Maps a channel's memory into `id`, and takes an event of `id` for it. `signal` is told which,
    /// and says in which slot of `id` the signal of the other end is.
    fn connect(
        &mut self,
        channel: &mut Channel,
        id: ComponentId,
        signal: impl FnOnce(&mut Live, &mut K, u64) -> Result<u64, Denial>,
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
                let event = live.take_event()?;
                let signal = signal(live, kernel, event);
                let signal = signal.inspect_err(|_| live.give_event(event))?;
                Ok((signal, event))
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
    pub(super) fn leave_channels(&mut self, id: ComponentId) -> Result<(), Denial> {
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
    pub(super) fn leave_channel(&mut self, id: ComponentId, number: u64) -> Result<(), Denial> {
        let Some(channel) = self.channels.get_mut(&number) else {
            return Ok(());
        };
        channel.is_offered = false;
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

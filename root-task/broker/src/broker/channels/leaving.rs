// SPDX-License-Identifier: BSD-2-Clause

//! Ends of channels.

use alloc::rc::Rc;
use alloc::vec::Vec;

use kaal_protocol::CHANNEL_ENDED;

use super::price;
use crate::broker::Broker;
use crate::config::ComponentId;
use crate::kernel::Kernel;
use crate::shared::ChannelEnd;

impl<K: Kernel> Broker<K> {
    /// Ends `id`'s part in all its channels.
    pub(in crate::broker) fn leave_channels(&mut self, id: ComponentId) {
        let numbers: Vec<u64> = self.channels.keys().copied().collect();
        for number in numbers {
            self.leave_channel(id, number);
        }
    }

    /// Ends `id`'s part in a channel, if it has one, and signals the other end. After the last end,
    /// the memory is free, unless a device may still access it.
    pub(in crate::broker) fn leave_channel(&mut self, id: ComponentId, number: u64) {
        let Some(channel) = self.channels.get_mut(&number) else {
            return;
        };
        if channel.client != id && channel.server != id {
            return;
        }
        channel.is_offered = false;
        let price = price(channel.size, channel.client == id);
        let memory = Rc::clone(&channel.memory);
        let own = channel.ends.remove(&id);
        let other = channel.ends.iter().next();
        let other = other.map(|(&other, end)| (other, end.end));
        // The other end must not signal an event that `id` uses again.
        let is_unheard = other.is_none_or(|(other, end)| self.silence(other, end));
        if let Some(own) = own {
            self.pool.delete(own.pages);
            if let Ok((process, pool)) = self.process(id) {
                process.withdraw(&mut pool.kernel, own.end.signal);
                process.space.give(own.range);
                if !process.keeps_for_device(&memory) {
                    process.usage.refund(price);
                }
                if is_unheard {
                    process.give_event(own.end.event);
                }
            }
        }
        match other {
            Some((other, end)) => self.tell_of_end(other, end),
            None => {
                self.channels.remove(&number);
                self.pool.release_shared(memory);
            }
        }
    }

    /// Takes the signal of a channel's end away. Returns whether the kernel did so.
    fn silence(&mut self, id: ComponentId, end: ChannelEnd) -> bool {
        let Ok((process, pool)) = self.process(id) else {
            return true;
        };
        pool.kernel.withdraw(process.cnode, end.signal).is_ok()
    }

    /// Tells a component that the other end of this channel is gone. If the kernel fails, it learns
    /// that only when it asks.
    fn tell_of_end(&mut self, id: ComponentId, end: ChannelEnd) {
        if let Ok((process, pool)) = self.process(id) {
            let _ = pool.signal(process.notification, CHANNEL_ENDED | end.event);
        }
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Memory.

use alloc::vec::Vec;

use super::Broker;
use crate::pool::page_align;
use crate::{Action, ComponentId, Denial, Kernel, Memory, PAGE_SIZE, Rights, Usage};

impl<K: Kernel> Broker<K> {
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
}

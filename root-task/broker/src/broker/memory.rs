// SPDX-License-Identifier: BSD-2-Clause

//! Memory of components.

use alloc::vec;

use super::Broker;
use crate::audit::Action;
use crate::config::ComponentId;
use crate::error::Denial;
use crate::kernel::{Access, Kernel};
use crate::pool::{block_bits, page_align};
use crate::process::Content;
use crate::quota::Resources;

impl<K: Kernel> Broker<K> {
    /// Allocates and maps `bytes` of memory, rounded up to whole pages. Returns the virtual
    /// address.
    ///
    /// # Errors
    ///
    /// Fails if quota, memory or addresses are exhausted.
    pub fn allocate_memory(
        &mut self,
        id: ComponentId,
        bytes: u64,
        access: Access,
    ) -> Result<u64, Denial> {
        self.audited(id, Action::AllocateMemory(bytes), |broker| {
            let size = page_align(bytes)?;
            let (process, pool) = broker.process(id)?;
            process.memory(pool, size, access)
        })
    }

    /// Allocates and maps contiguous, uncached memory for a device. Returns its virtual and its
    /// physical address. Its size is `bytes` rounded up to a power of two.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration names no device that accesses memory, or quota, memory
    /// or addresses are exhausted.
    pub fn allocate_dma(&mut self, id: ComponentId, bytes: u64) -> Result<(u64, u64), Denial> {
        self.audited(id, Action::AllocateDma(bytes), |broker| {
            if !broker.has_dma(id) {
                return Err(Denial::NotConfigured);
            }
            let bits = block_bits(bytes)?;
            let (process, pool) = broker.process(id)?;
            let usage = Resources::pages(1 << bits);
            let address = process.map_new(pool, usage, Access::Device, Content::Dma, |pool| {
                Ok(vec![pool.contiguous_pages(bits)?])
            })?;
            let block = process.first_block(address);
            let block = block.ok_or(Denial::NotOwned(address))?.block;
            Ok((address, block.start))
        })
    }

    /// Whether a component has devices that access memory.
    pub(super) fn has_dma(&self, id: ComponentId) -> bool {
        let status = self.status(id);
        status.is_some_and(|status| !status.config.dma.is_empty())
    }

    /// Frees memory, a device or a channel, given by its virtual address.
    ///
    /// # Errors
    ///
    /// Fails if the component has nothing there, or memory that a device may access.
    pub fn free_memory(&mut self, id: ComponentId, address: u64) -> Result<(), Denial> {
        self.audited(id, Action::FreeMemory(address), |broker| {
            let (process, pool) = broker.process(id)?;
            if process.free(pool, address)? {
                return Ok(());
            }
            let number = broker.channel_at(id, address);
            broker.leave_channel(id, number.ok_or(Denial::NotOwned(address))?);
            Ok(())
        })
    }
}

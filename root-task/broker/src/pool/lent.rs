// SPDX-License-Identifier: BSD-2-Clause

//! Pages of devices that the root task keeps, and lends to one component at a time.

use super::{Allocation, Pool, slots_of};
use crate::buddy::Block;
use crate::error::Denial;
use crate::kernel::{Kernel, KernelError, PAGE_BITS, Slot};

impl<K: Kernel> Pool<K> {
    /// Allocates the page of device memory at `address` for the root task, which keeps it. A
    /// component that gets this memory gets a copy of the page's capability. Returns the page.
    pub(crate) fn keep_device_page(&mut self, address: u64) -> Result<Slot, Denial> {
        let block = device_page(address);
        if self.lent.contains_key(&block) {
            return Err(Denial::Taken(block.start));
        }
        let allocations = self.device_pages(block.start, block.size())?;
        let page = slots_of(&allocations).first().copied();
        let page = page.ok_or(KernelError::InvalidCapability)?;
        // From now on, revoking this page takes it back from a component.
        self.untyped.insert(block, page);
        self.lent.insert(block, false);
        Ok(page)
    }

    /// Whether a component has a copy of the page at `address`, which the root task keeps.
    pub(crate) fn is_lent(&self, address: u64) -> bool {
        self.lent.get(&device_page(address)) == Some(&true)
    }

    /// Copies the capability of a page that the root task keeps, for one component at a time.
    pub(super) fn lend(&mut self, block: Block) -> Result<Allocation, Denial> {
        if self.lent.insert(block, true) == Some(true) {
            return Err(Denial::Taken(block.start));
        }
        let page = self.untyped_of(block)?;
        let slots = self.copy(&[page]);
        if slots.is_err() {
            self.lent.insert(block, false);
        }
        let slots = slots?;
        Ok(Allocation { block, slots })
    }
}

/// Returns the page of device memory that contains `address`.
pub(super) fn device_page(address: u64) -> Block {
    Block::around(address, PAGE_BITS)
}

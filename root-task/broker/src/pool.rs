// SPDX-License-Identifier: BSD-2-Clause

//! The machine's untyped memory, and its retyping into objects.
//!
//! seL4 allocates from the start of an untyped to its end, and restarts only after all objects in
//! it are gone (seL4 manual, section 2.4.2). So the pool retypes each untyped either into two
//! halves, or into the objects of one grant. When a grant ends, its memory is free at once,
//! regardless of all others.

mod freeing;
mod lent;
mod retyping;

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::ops::Range;

use crate::buddy::{Block, Buddies};
use crate::error::{Denial, Resource};
use crate::kernel::{Kernel, KernelError, KernelResult, Object, PAGE_BITS, PAGE_SIZE, Pass, Slot};
use crate::quota::Resources;
use crate::slots::Slots;
use lent::device_page;

/// A block in use, and the slots of its objects' capabilities.
pub(crate) struct Allocation {
    pub(crate) block: Block,
    pub(crate) slots: Vec<Slot>,
}

/// Memory with several holders, such as both ends of a channel and a component whose device may access
/// it. The last one frees it with [`Pool::release_shared`].
pub(crate) type SharedMemory = Rc<Vec<Allocation>>;

/// All untyped memory and all slots, and the kernel that retypes it.
pub(crate) struct Pool<K> {
    pub(crate) kernel: K,
    ram: Buddies,
    devices: Buddies,
    untyped: BTreeMap<Block, Slot>,
    /// Pages of devices that the root task keeps, and whether a component has a copy.
    lent: BTreeMap<Block, bool>,
    slots: Slots,
    /// An empty slot that is kept, so that [`Self::signal`] doesn't lack one.
    spare: Option<u64>,
    /// Memory and slots that the kernel failed to free. They are never used again.
    lost: Resources,
}

impl<K: Kernel> Pool<K> {
    pub(crate) fn new(kernel: K, empty_slots: Range<u64>) -> Self {
        let mut slots = Slots::new(empty_slots);
        Self {
            kernel,
            ram: Buddies::default(),
            devices: Buddies::default(),
            untyped: BTreeMap::new(),
            lent: BTreeMap::new(),
            spare: slots.take(),
            slots,
            lost: Resources::default(),
        }
    }

    /// Adds an untyped that contains no objects.
    pub(crate) fn add(&mut self, block: Block, untyped: Slot, is_device: bool) {
        self.untyped.insert(block, untyped);
        match is_device {
            true => self.devices.add(block),
            false => self.ram.add(block),
        }
    }

    /// Returns free RAM and slots.
    pub(crate) fn free(&self) -> Resources {
        Resources::new(self.ram.free_bytes(), self.slots.left())
    }

    /// Takes an empty slot and lets `fill` create a capability there. After an error, the slot
    /// stays empty.
    pub(crate) fn fill_slot(
        &mut self,
        fill: impl FnOnce(&mut K, Slot) -> KernelResult,
    ) -> Result<Slot, Denial> {
        let index = self.slots.take();
        let index = index.ok_or(Denial::none_left(Resource::Slots))?;
        fill(&mut self.kernel, Slot(index)).inspect_err(|_| self.slots.give(index))?;
        Ok(Slot(index))
    }

    /// Creates a capability for each of `items`; after an error, none.
    fn fill_slots<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        fill: impl Fn(&mut K, T, Slot) -> KernelResult,
    ) -> Result<Vec<Slot>, Denial> {
        let mut slots = Vec::new();
        for item in items {
            match self.fill_slot(|kernel, slot| fill(kernel, item, slot)) {
                Ok(slot) => slots.push(slot),
                Err(denial) => {
                    self.delete(slots);
                    return Err(denial);
                }
            }
        }
        Ok(slots)
    }

    /// Copies capabilities; after an error, none.
    pub(crate) fn copy(&mut self, originals: &[Slot]) -> Result<Vec<Slot>, Denial> {
        self.fill_slots(originals, |kernel, &from, to| {
            kernel.copy(from, to, Pass::Whole)
        })
    }

    /// Signals a notification with `badge`, and leaves no capability with it.
    pub(crate) fn signal(&mut self, notification: Slot, badge: u64) -> Result<(), Denial> {
        let spare = Slot(self.spare.ok_or(Denial::none_left(Resource::Slots))?);
        self.kernel.copy(notification, spare, Pass::Send(badge))?;
        self.kernel.signal(spare)?;
        Ok(self.kernel.delete(spare)?)
    }

    /// Creates one object. Returns its slot and its memory.
    pub(crate) fn object(&mut self, object: Object) -> Result<(Slot, Allocation), Denial> {
        let block = self.ram_block(self.kernel.object_bits(object))?;
        let allocation = self.fill(block, object, 1)?;
        let slot = allocation.slots.first().copied();
        Ok((slot.ok_or(KernelError::InvalidCapability)?, allocation))
    }

    /// Allocates pages of `size` bytes in total, in as few blocks as possible.
    pub(crate) fn pages(&mut self, size: u64) -> Result<Vec<Allocation>, Denial> {
        self.collect(size, |pool, offset| {
            let left = size - offset;
            let largest = u8::try_from(left.ilog2()).unwrap_or(u8::MAX);
            let mut sizes = (PAGE_BITS..=largest).rev();
            let bits = sizes.find(|&bits| pool.ram.smallest(bits).is_some());
            pool.contiguous_pages(bits.ok_or_else(|| pool.used_up(left))?)
        })
    }

    /// Allocates pages in one block of 2^`bits` bytes.
    pub(crate) fn contiguous_pages(&mut self, bits: u8) -> Result<Allocation, Denial> {
        let block = self.ram_block(bits)?;
        self.fill(block, Object::Page, 1 << (bits - PAGE_BITS))
    }

    /// Allocates the device memory at `start`.
    pub(crate) fn device_pages(
        &mut self,
        start: u64,
        size: u64,
    ) -> Result<Vec<Allocation>, Denial> {
        self.collect(size, |pool, offset| {
            let address = start + offset;
            if pool.lent.contains_key(&device_page(address)) {
                return pool.lend(device_page(address));
            }
            let around = pool.devices.around(address, PAGE_BITS);
            let block = pool.split(around.ok_or(Denial::Taken(address))?, address, PAGE_BITS)?;
            pool.fill(block, Object::Page, 1)
        })
    }

    /// Collects the allocations that `next` returns for each offset, up to `size` bytes. After an
    /// error, it releases them.
    fn collect(
        &mut self,
        size: u64,
        next: impl Fn(&mut Self, u64) -> Result<Allocation, Denial>,
    ) -> Result<Vec<Allocation>, Denial> {
        let mut allocations = Vec::new();
        let mut offset = 0;
        while offset < size {
            match next(self, offset) {
                Ok(allocation) => {
                    offset += allocation.block.size();
                    allocations.push(allocation);
                }
                Err(denial) => {
                    self.release(allocations);
                    return Err(denial);
                }
            }
        }
        Ok(allocations)
    }

    fn used_up(&self, requested: u64) -> Denial {
        Denial::used_up(Resource::Bytes, requested, self.ram.free_bytes())
    }

    /// The set of free blocks that `block` belongs to.
    fn buddies(&mut self, block: Block) -> &mut Buddies {
        match self.devices.covers(block) {
            true => &mut self.devices,
            false => &mut self.ram,
        }
    }
}

/// Returns the slots of all objects in `allocations`.
pub(crate) fn slots_of(allocations: &[Allocation]) -> Vec<Slot> {
    let slots = allocations.iter().map(|allocation| &allocation.slots);
    slots.flatten().copied().collect()
}

/// Rounds `bytes` up to a block of whole pages. Returns its size as a power of two.
pub(crate) fn block_bits(bytes: u64) -> Result<u8, Denial> {
    let size = page_align(bytes)?.checked_next_power_of_two();
    let bits = size.ok_or(Denial::Size(bytes))?.ilog2();
    Ok(u8::try_from(bits).unwrap_or(u8::MAX))
}

/// Rounds `bytes` up to whole pages.
pub(crate) fn page_align(bytes: u64) -> Result<u64, Denial> {
    match bytes.checked_next_multiple_of(PAGE_SIZE) {
        Some(size @ 1..) => Ok(size),
        _ => Err(Denial::Size(bytes)),
    }
}

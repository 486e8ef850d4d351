// SPDX-License-Identifier: BSD-2-Clause

//! The machine's untyped memory, and the objects made of it.
//!
//! seL4 hands out an untyped's memory from its start to its end, and starts over only when nothing
//! made of it is left (seL4 manual, section 2.4.2). So the pool makes of each untyped either two
//! halves, or the objects of one grant: then what one grant gave back is free at once, whatever else
//! is still in use.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use crate::buddy::{Block, Buddies};
use crate::slots::Slots;
use crate::{Denial, Kernel, KernelError, Object, PAGE_BITS, PAGE_SIZE, Resource, Slot};

/// A block in use, and where the capabilities to its objects are.
#[derive(Debug)]
pub(crate) struct Holding {
    pub(crate) block: Block,
    pub(crate) slots: Vec<Slot>,
}

/// All untyped memory and all slots.
#[derive(Debug)]
pub(crate) struct Pool {
    ram: Buddies,
    devices: Buddies,
    untyped: BTreeMap<Block, Slot>,
    slots: Slots,
}

impl Pool {
    pub(crate) fn new(empty_slots: Range<u64>) -> Self {
        Self {
            ram: Buddies::default(),
            devices: Buddies::default(),
            untyped: BTreeMap::new(),
            slots: Slots::new(empty_slots),
        }
    }

    /// Adds an untyped of which nothing has been made.
    pub(crate) fn add(&mut self, block: Block, untyped: Slot, is_device: bool) {
        self.untyped.insert(block, untyped);
        match is_device {
            true => self.devices.add(block),
            false => self.ram.add(block),
        }
    }

    /// Bytes of RAM that are free.
    pub(crate) fn free_bytes(&self) -> u64 {
        self.ram.free_bytes()
    }

    /// Slots that are empty.
    pub(crate) fn free_slots(&self) -> u64 {
        self.slots.left()
    }

    pub(crate) fn take_slot(&mut self) -> Result<Slot, Denial> {
        self.slots.take().map(Slot).ok_or(Denial::UsedUp {
            resource: Resource::Slots,
            asked: 1,
            left: 0,
        })
    }

    pub(crate) fn give_slot(&mut self, Slot(slot): Slot) {
        self.slots.give(slot);
    }

    /// Deletes the capability in `slot`, which is empty then.
    pub(crate) fn delete(
        &mut self,
        kernel: &mut impl Kernel,
        slot: Slot,
    ) -> Result<(), KernelError> {
        kernel.delete(slot)?;
        self.give_slot(slot);
        Ok(())
    }

    /// Makes one object.
    pub(crate) fn object(
        &mut self,
        kernel: &mut impl Kernel,
        object: Object,
    ) -> Result<Holding, Denial> {
        let block = self.ram_block(kernel, kernel.object_bits(object))?;
        self.fill(kernel, block, object, 1)
    }

    /// Makes pages of `size` bytes in all, in as few blocks as the free memory allows.
    pub(crate) fn pages(
        &mut self,
        kernel: &mut impl Kernel,
        size: u64,
    ) -> Result<Vec<Holding>, Denial> {
        let mut holdings = Vec::new();
        let mut left = size;
        while left > 0 {
            let largest = u8::try_from(left.ilog2()).unwrap_or(u8::MAX);
            let outcome = (PAGE_BITS..=largest)
                .rev()
                .find(|&bits| self.ram.smallest(bits).is_some())
                .ok_or(self.used_up(left))
                .and_then(|bits| self.contiguous_pages(kernel, bits));
            match outcome {
                Ok(holding) => {
                    left -= holding.block.size();
                    holdings.push(holding);
                }
                Err(denial) => {
                    self.release_all(kernel, holdings)?;
                    return Err(denial);
                }
            }
        }
        Ok(holdings)
    }

    /// Makes pages of one block of 2^`bits` bytes.
    pub(crate) fn contiguous_pages(
        &mut self,
        kernel: &mut impl Kernel,
        bits: u8,
    ) -> Result<Holding, Denial> {
        let block = self.ram_block(kernel, bits)?;
        self.fill(kernel, block, Object::Page, 1 << (bits - PAGE_BITS))
    }

    /// Makes a page of the device memory at `address`, and of no other.
    pub(crate) fn device_page(
        &mut self,
        kernel: &mut impl Kernel,
        address: u64,
    ) -> Result<Holding, Denial> {
        let around = self
            .devices
            .around(address, PAGE_BITS)
            .ok_or(Denial::Taken { what: address })?;
        let block = self.split(kernel, around, address, PAGE_BITS)?;
        self.fill(kernel, block, Object::Page, 1)
    }

    /// Deletes all that was made of a block, and every capability to it, and makes it free.
    pub(crate) fn release(
        &mut self,
        kernel: &mut impl Kernel,
        holding: Holding,
    ) -> Result<(), KernelError> {
        let Some(&untyped) = self.untyped.get(&holding.block) else {
            return Err(KernelError::InvalidCapability);
        };
        kernel.revoke(untyped)?;
        for slot in holding.slots {
            self.give_slot(slot);
        }
        self.give_block(kernel, holding.block)
    }

    /// Like [`Self::release`], for all of them.
    pub(crate) fn release_all(
        &mut self,
        kernel: &mut impl Kernel,
        holdings: impl IntoIterator<Item = Holding>,
    ) -> Result<(), KernelError> {
        holdings
            .into_iter()
            .try_for_each(|holding| self.release(kernel, holding))
    }

    fn used_up(&self, asked: u64) -> Denial {
        Denial::UsedUp {
            resource: Resource::Bytes,
            asked,
            left: self.ram.free_bytes(),
        }
    }

    fn ram_block(&mut self, kernel: &mut impl Kernel, bits: u8) -> Result<Block, Denial> {
        let block = self
            .ram
            .smallest(bits)
            .ok_or_else(|| self.used_up(1u64.checked_shl(bits.into()).unwrap_or(u64::MAX)))?;
        self.split(kernel, block, block.start, bits)
    }

    /// Splits a free block until the piece at `address` has 2^`bits` bytes, and takes that.
    fn split(
        &mut self,
        kernel: &mut impl Kernel,
        block: Block,
        address: u64,
        bits: u8,
    ) -> Result<Block, Denial> {
        let mut block = block;
        while block.bits > bits {
            if let Err(denial) = self.halve(kernel, block) {
                self.give_block(kernel, block)?;
                return Err(denial);
            }
            block = Block::around(address, block.bits - 1);
        }
        self.buddies(block).take(block);
        Ok(block)
    }

    fn halve(&mut self, kernel: &mut impl Kernel, block: Block) -> Result<(), Denial> {
        let untyped = self.untyped_of(block)?;
        let halves = block.halves();
        let mut made: Vec<Slot> = Vec::new();
        for half in halves {
            let outcome = self.take_slot().and_then(|slot| {
                kernel
                    .retype(untyped, Object::Untyped(half.bits), slot)
                    .map_err(|error| {
                        self.give_slot(slot);
                        error.into()
                    })
                    .map(|()| slot)
            });
            match outcome {
                Ok(slot) => made.push(slot),
                Err(denial) => {
                    for slot in made {
                        self.delete(kernel, slot)?;
                    }
                    return Err(denial);
                }
            }
        }
        self.untyped.extend(halves.into_iter().zip(made));
        let buddies = self.buddies(block);
        buddies.take(block);
        halves.into_iter().for_each(|half| buddies.give(half));
        Ok(())
    }

    /// Makes `count` objects of a block that was taken, which they fill.
    fn fill(
        &mut self,
        kernel: &mut impl Kernel,
        block: Block,
        object: Object,
        count: u64,
    ) -> Result<Holding, Denial> {
        let untyped = self.untyped_of(block)?;
        let mut holding = Holding {
            block,
            slots: Vec::new(),
        };
        for _ in 0..count {
            let outcome = self.take_slot().and_then(|slot| {
                holding.slots.push(slot);
                Ok(kernel.retype(untyped, object, slot)?)
            });
            if let Err(denial) = outcome {
                self.release(kernel, holding)?;
                return Err(denial);
            }
        }
        Ok(holding)
    }

    /// Makes a block free of which nothing is left, and merges what can be merged.
    fn give_block(&mut self, kernel: &mut impl Kernel, block: Block) -> Result<(), KernelError> {
        self.buddies(block).give(block);
        let mut block = block;
        while let Some(whole) = self.buddies(block).mergeable(block) {
            for half in whole.halves() {
                if let Some(untyped) = self.untyped.remove(&half) {
                    self.delete(kernel, untyped)?;
                }
                self.buddies(whole).take(half);
            }
            self.buddies(whole).give(whole);
            block = whole;
        }
        Ok(())
    }

    fn untyped_of(&self, block: Block) -> Result<Slot, KernelError> {
        self.untyped
            .get(&block)
            .copied()
            .ok_or(KernelError::InvalidCapability)
    }

    /// The free blocks that `block` is, or will be, one of.
    fn buddies(&mut self, block: Block) -> &mut Buddies {
        match self.devices.covers(block) {
            true => &mut self.devices,
            false => &mut self.ram,
        }
    }
}

/// The size of whole pages that hold `bytes`.
pub(crate) fn page_align(bytes: u64) -> Result<u64, Denial> {
    match bytes.checked_next_multiple_of(PAGE_SIZE) {
        Some(size @ 1..) => Ok(size),
        _ => Err(Denial::Size { asked: bytes }),
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Retypes untyped memory into halves and objects.

use super::{Allocation, Pool};
use crate::buddy::Block;
use crate::error::Denial;
use crate::kernel::{Kernel, KernelError, Object, Slot};

impl<K: Kernel> Pool<K> {
    /// Takes a block of 2^`bits` bytes of RAM.
    pub(super) fn ram_block(&mut self, bits: u8) -> Result<Block, Denial> {
        let Some(block) = self.ram.smallest(bits) else {
            return Err(self.used_up(1u64.checked_shl(bits.into()).unwrap_or(u64::MAX)));
        };
        self.split(block, block.start, bits)
    }

    /// Splits a free block down to the piece of 2^`bits` bytes at `address`, and takes that.
    pub(super) fn split(&mut self, block: Block, address: u64, bits: u8) -> Result<Block, Denial> {
        let (piece, halved) = self.buddies(block).split(block, address, bits);
        for whole in halved {
            if let Err(denial) = self.halve(whole) {
                self.give_block(piece);
                return Err(denial);
            }
        }
        Ok(piece)
    }

    fn halve(&mut self, block: Block) -> Result<(), Denial> {
        let untyped = self.untyped_of(block)?;
        let slots = self.fill_slots(block.halves(), |kernel, half, slot| {
            kernel.retype(untyped, Object::Untyped(half.bits), slot)
        })?;
        self.untyped.extend(block.halves().into_iter().zip(slots));
        Ok(())
    }

    /// Fills a taken block with `count` objects.
    pub(super) fn fill(
        &mut self,
        block: Block,
        object: Object,
        count: u64,
    ) -> Result<Allocation, Denial> {
        let untyped = self.untyped_of(block)?;
        let slots = self.fill_slots(0..count, |kernel, _, slot| {
            kernel.retype(untyped, object, slot)
        });
        if slots.is_err() {
            self.give_block(block);
        }
        let slots = slots?;
        Ok(Allocation { block, slots })
    }

    pub(super) fn untyped_of(&self, block: Block) -> Result<Slot, KernelError> {
        let untyped = self.untyped.get(&block).copied();
        untyped.ok_or(KernelError::InvalidCapability)
    }
}

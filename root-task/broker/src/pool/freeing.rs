// SPDX-License-Identifier: BSD-2-Clause

//! Frees memory and slots. What the kernel fails to free is lost, and everything else is freed.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::{Allocation, Pool, SharedMemory};
use crate::buddy::Block;
use crate::kernel::{Kernel, Slot};
use crate::quota::Resources;

impl<K: Kernel> Pool<K> {
    /// Returns memory and slots that the kernel failed to free.
    pub(crate) fn lost(&self) -> Resources {
        self.lost
    }

    /// Deletes the capabilities in `slots`, and returns the slots to the empty ones.
    pub(crate) fn delete(&mut self, slots: impl IntoIterator<Item = Slot>) {
        for slot in slots {
            match self.kernel.delete(slot) {
                Ok(()) => self.slots.give(slot.0),
                Err(_) => self.lost.slots += 1,
            }
        }
    }

    /// Releases memory that others may hold too, if it was the last holder.
    pub(crate) fn release_shared(&mut self, memory: SharedMemory) {
        if let Some(memory) = Rc::into_inner(memory) {
            self.release(memory);
        }
    }

    /// Deletes all objects in blocks and every capability to them, and frees the blocks.
    pub(crate) fn release(&mut self, allocations: impl IntoIterator<Item = Allocation>) {
        for Allocation { block, slots } in allocations {
            let revoked = match self.untyped_of(block) {
                Ok(untyped) => self.kernel.revoke(untyped),
                Err(error) => Err(error),
            };
            match revoked {
                Ok(()) => {
                    slots.iter().for_each(|slot| self.slots.give(slot.0));
                    match self.lent.get_mut(&block) {
                        Some(is_lent) => *is_lent = false,
                        None => self.give_block(block),
                    }
                }
                Err(_) => self.lose(block, slots.len()),
            }
        }
    }

    /// Frees a block without objects, and merges it with free neighbours.
    pub(super) fn give_block(&mut self, block: Block) {
        let mut whole = block;
        let mut stuck = Vec::new();
        for half in self.buddies(block).release(block) {
            whole = Block::around(half.start, half.bits + 1);
            // A half that was never made has no capability.
            if let Some(untyped) = self.untyped.remove(&half) {
                match self.kernel.delete(untyped) {
                    Ok(()) => self.slots.give(untyped.0),
                    Err(_) => stuck.push(untyped),
                }
            }
        }
        // The kernel doesn't reuse the whole while a half exists.
        if !stuck.is_empty() {
            let untyped = self.untyped_of(whole);
            match untyped.and_then(|untyped| self.kernel.revoke(untyped)) {
                Ok(()) => stuck.iter().for_each(|half| self.slots.give(half.0)),
                Err(_) => {
                    self.buddies(whole).split(whole, whole.start, whole.bits);
                    self.lose(whole, stuck.len());
                }
            }
        }
    }

    fn lose(&mut self, block: Block, slots: usize) {
        self.lost.bytes += block.size();
        self.lost.slots += slots as u64;
    }
}

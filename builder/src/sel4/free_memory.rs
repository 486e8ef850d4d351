// SPDX-License-Identifier: BSD-2-Clause

//! The kernel's free memory (`init_freemem`).

use kaal_payload::{PhysAddr, PhysRange};

use super::{Handover, KERNEL_WINDOW};
use crate::memory::ranges;

/// Free memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FreeMemory {
    /// Ascending, disjoint, not empty.
    free: Vec<PhysRange>,
    /// Entries in the kernel's list (`MAX_NUM_FREEMEM_REG`). One must stay empty.
    most: usize,
    /// Number of pieces before anything is taken.
    pieces: usize,
}

impl FreeMemory {
    /// The memory of `banks` without the parts in `handover`.
    pub(crate) fn new(handover: &Handover, banks: &[PhysRange]) -> Self {
        let taken = [handover.kernel, handover.device_tree, handover.user_image];
        // Adjacent banks remain two pieces.
        let free: Vec<_> = banks
            .iter()
            .map(|bank| ranges::clip(*bank, KERNEL_WINDOW.start, KERNEL_WINDOW.end))
            .flat_map(|bank| ranges::subtract(vec![bank], taken))
            .collect();
        Self {
            pieces: free.len(),
            free,
            most: banks.len() + 2,
        }
    }

    /// The number of pieces at first, and the most that the kernel can list.
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.pieces, self.most - 1)
    }

    /// The free pieces.
    pub(crate) fn free(&self) -> &[PhysRange] {
        &self.free
    }

    /// Takes `size` bytes, aligned to 2^`alignment_bits`, from the highest piece with enough room.
    /// Returns their address. The rest of the piece stays free.
    pub(super) fn take(&mut self, size: u64, alignment_bits: u32) -> Option<PhysAddr> {
        let alignment = 1u64 << alignment_bits;
        let (index, start) = self
            .free
            .iter()
            .enumerate()
            .rev()
            .find_map(|(index, piece)| {
                let start = piece.end.0.checked_sub(size)? / alignment * alignment;
                (start >= piece.start.0).then_some((index, PhysAddr(start)))
            })?;
        let taken = PhysRange::from_size(start, size)?;
        let rest = ranges::subtract(vec![self.free[index]], [taken]);
        self.free.splice(index..=index, rest);
        Some(start)
    }
}

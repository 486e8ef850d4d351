// SPDX-License-Identifier: BSD-2-Clause

//! The kernel's free memory (`init_freemem`).

use kaal_payload::{PhysAddr, PhysRange};

use super::{Handover, KERNEL_WINDOW};
use crate::memory::ranges;

/// Free memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FreeMemory {
    /// The free pieces: ascending, disjoint, not empty.
    pub(crate) free: Vec<PhysRange>,
    /// Most pieces that the kernel can list: one entry of `MAX_NUM_FREEMEM_REG` must stay empty.
    pub(crate) most: usize,
}

impl FreeMemory {
    /// The memory of `banks` without the parts in `handover`.
    pub(crate) fn new(handover: &Handover, banks: &[PhysRange]) -> Self {
        let taken = [handover.kernel, handover.device_tree, handover.user_image];
        // Adjacent banks remain two pieces.
        let banks = banks.iter();
        Self {
            most: banks.len() + 1,
            free: banks
                .map(|bank| ranges::clip(*bank, KERNEL_WINDOW.start, KERNEL_WINDOW.end))
                .flat_map(|bank| ranges::subtract(vec![bank], taken))
                .collect(),
        }
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

// SPDX-License-Identifier: BSD-2-Clause

//! The empty slots of a CNode.

use alloc::vec::Vec;
use core::ops::Range;

/// Allocates slots by index, freed ones first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    untouched: Range<u64>,
    given_back: Vec<u64>,
}

impl Slots {
    /// All slots in `empty` are free.
    pub(crate) fn new(empty: Range<u64>) -> Self {
        Self {
            untouched: empty,
            given_back: Vec::new(),
        }
    }

    /// Takes an empty slot.
    pub(crate) fn take(&mut self) -> Option<u64> {
        self.given_back.pop().or_else(|| self.untouched.next())
    }

    /// Returns a slot that has been emptied.
    pub(crate) fn give(&mut self, slot: u64) {
        self.given_back.push(slot);
    }

    /// Returns the number of empty slots.
    pub(crate) fn left(&self) -> u64 {
        self.untouched.end - self.untouched.start + self.given_back.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn slots_are_reused_and_run_out() {
        let mut slots = Slots::new(5..7);
        assert_eq!(
            (slots.take(), slots.take(), slots.take()),
            (Some(5), Some(6), None)
        );
        slots.give(5);
        assert_eq!((slots.left(), slots.take(), slots.left()), (1, Some(5), 0));
    }
}

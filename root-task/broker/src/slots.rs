// SPDX-License-Identifier: BSD-2-Clause

//! The empty slots of a CNode.

use alloc::vec::Vec;
use core::ops::Range;

/// Hands out slots by their index, those given back first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    untouched: Range<u64>,
    given_back: Vec<u64>,
}

impl Slots {
    /// All slots of `empty` are empty.
    pub(crate) fn new(empty: Range<u64>) -> Self {
        Self {
            untouched: empty,
            given_back: Vec::new(),
        }
    }

    /// An empty slot, which must now be thought of as used.
    pub(crate) fn take(&mut self) -> Option<u64> {
        self.given_back.pop().or_else(|| self.untouched.next())
    }

    /// A slot that was taken is empty again.
    pub(crate) fn give(&mut self, slot: u64) {
        self.given_back.push(slot);
    }

    /// How many slots are empty.
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

// SPDX-License-Identifier: BSD-2-Clause

//! Lists of a limited size.

use core::ops::Deref;

/// Up to `N` items.
#[derive(Clone, Debug)]
pub struct List<T, const N: usize> {
    items: [T; N],
    count: usize,
}

impl<T: Copy, const N: usize> List<T, N> {
    /// An empty list. `filler` is none of its items.
    pub(crate) const fn new(filler: T) -> Self {
        Self {
            items: [filler; N],
            count: 0,
        }
    }

    /// Adds an item. `None` if there is no room.
    pub(crate) fn push(&mut self, item: T) -> Option<()> {
        *self.items.get_mut(self.count)? = item;
        self.count += 1;
        Some(())
    }
}

impl<T, const N: usize> Deref for List<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.items.get(..self.count).unwrap_or_default()
    }
}

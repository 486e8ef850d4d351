// SPDX-License-Identifier: BSD-2-Clause

//! The windows of the shared memory.

/// The size of a block in bytes.
pub const BLOCK: usize = 512;

/// The number of windows.
pub const WINDOWS: usize = 4;

/// The number of blocks in a window.
pub(crate) const BLOCKS: usize = 64;

/// The size of a window in bytes.
pub(crate) const SIZE: usize = BLOCKS * BLOCK;

/// The size of the shared memory in bytes.
pub const SHARED: usize = WINDOWS * SIZE;

/// A request to fill a window with consecutive blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The window's number.
    pub window: u64,
    /// The first block.
    pub first: u64,
    /// The number of blocks.
    pub count: u64,
}

impl Fill {
    /// Returns the window's offset in the shared memory, and the bytes to read, if the window exists and a disk of
    /// this many `blocks` has all blocks.
    pub fn check(self, blocks: u64) -> Option<(usize, usize)> {
        let end = self.first.checked_add(self.count)?;
        let window = usize::try_from(self.window).ok()?;
        let count = usize::try_from(self.count).ok()?;
        let fits = window < WINDOWS && (1..=BLOCKS).contains(&count) && end <= blocks;
        fits.then(|| (window * SIZE, count * BLOCK))
    }
}

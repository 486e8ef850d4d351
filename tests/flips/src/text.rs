// SPDX-License-Identifier: BSD-2-Clause

//! What an image prints, as far as it matters.

/// What the loader and the unpacker begin with when they give up.
const NAMES: [&[u8; 13]; 2] = [b"KaaL: error: ", b"KaaL: fault: "];

/// Bytes that are looked at: a boot that fails says so first of all.
const CAPACITY: usize = 64;

/// The first bytes that were printed.
pub(crate) struct Text {
    bytes: [u8; CAPACITY],
    size: usize,
}

impl Text {
    pub(crate) const EMPTY: Self = Self {
        bytes: [0; _],
        size: 0,
    };

    /// Adds a byte, and returns whether the text is now known to name a failure.
    pub(crate) fn add(&mut self, byte: u8) -> bool {
        if let Some(place) = self.bytes.get_mut(self.size) {
            *place = byte;
            self.size += 1;
        }
        self.names_failure()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.size == 0
    }

    pub(crate) fn is_full(&self) -> bool {
        self.size == CAPACITY
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.size]
    }

    /// Whether the text ends with words that name a failure, be it with the one bit flipped.
    fn names_failure(&self) -> bool {
        let Some(end) = self.as_bytes().last_chunk::<13>() else {
            return false;
        };
        NAMES.into_iter().any(|name| {
            let pairs = name.iter().zip(end);
            pairs.map(|(a, b)| (a ^ b).count_ones()).sum::<u32>() <= 1
        })
    }
}

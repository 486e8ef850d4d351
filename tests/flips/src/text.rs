// SPDX-License-Identifier: BSD-2-Clause

//! The part of an image's output that matters.

/// The start of error messages and fault reports of loader and unpacker.
const NAMES: [&[u8; 13]; 2] = [b"KaaL: error: ", b"KaaL: fault: "];

/// Bytes that are kept: a failing boot begins with its message.
const CAPACITY: usize = 64;

/// The first bytes that the image printed.
pub(crate) struct Text {
    bytes: [u8; CAPACITY],
    size: usize,
}

impl Text {
    pub(crate) const EMPTY: Self = Self {
        bytes: [0; _],
        size: 0,
    };

    /// Adds a byte. Returns whether the text now names a failure.
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

    /// Whether the text ends with the start of a message, perhaps with the flipped bit in it.
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

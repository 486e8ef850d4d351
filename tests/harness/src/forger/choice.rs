// SPDX-License-Identifier: BSD-2-Clause

//! The forger's random choices.

use std::ops::Range;

use fastrand::Rng;

/// Widths in bytes of fields.
const WIDTHS: [usize; 4] = [1, 2, 4, 8];

/// How far from an address of interest a choice may be, in bytes.
const NEAR: u64 = 64;

/// A source of random choices. The same seed gives the same choices.
pub(super) struct Choice<'a> {
    rng: Rng,
    /// Addresses that a forger would try.
    addresses: &'a [u64],
}

impl<'a> Choice<'a> {
    pub(super) fn new(seed: u64, addresses: &'a [u64]) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            addresses,
        }
    }

    /// True once in `number` times.
    pub(super) fn once_in(&mut self, number: u32) -> bool {
        self.rng.u32(..number) == 0
    }

    /// An index below `count`; `None` if that is 0.
    pub(super) fn index(&mut self, count: usize) -> Option<usize> {
        (count > 0).then(|| self.rng.usize(..count))
    }

    /// A number below `end`; 0 if there is none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        match end {
            0 => 0,
            _ => self.rng.u64(..end),
        }
    }

    /// One of `items`.
    pub(super) fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.rng.usize(..items.len())]
    }

    /// A part of `0..size` that isn't empty, if possible, often a short one.
    pub(super) fn part(&mut self, size: usize) -> Range<usize> {
        let start = self.below(size as u64) as usize;
        let most = match self.once_in(2) {
            true => 8,
            false => size - start,
        };
        let length = 1 + self.below(most as u64) as usize;
        start..size.min(start + length)
    }

    /// Random bytes.
    pub(super) fn bytes(&mut self, size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        self.rng.fill(&mut bytes);
        bytes
    }

    /// An address that a forger would try, or one near or behind it.
    pub(super) fn address(&mut self) -> u64 {
        let address = self.one_of(self.addresses);
        match self.below(8) {
            0 => address.wrapping_add(self.size()),
            1 | 2 => address
                .wrapping_add(self.below(2 * NEAR))
                .wrapping_sub(NEAR),
            _ => address,
        }
    }

    /// A size in bytes, often that of something small.
    pub(super) fn size(&mut self) -> u64 {
        let bits = self.below(18);
        self.below(1 << bits)
    }

    /// Changes a field at a random place of `bytes`. `others` are the bytes of another image in the same place. Returns
    /// a description of the change.
    pub(super) fn change_field(&mut self, bytes: &mut [u8], others: &[u8]) -> Option<String> {
        let width = self.one_of(&WIDTHS);
        let place = self.index(bytes.len() / width)? * width;
        let read = |bytes: &[u8]| {
            let mut number = [0; 8];
            let stored = bytes.get(place..place + width)?;
            number[..width].copy_from_slice(stored);
            Some(u64::from_le_bytes(number))
        };
        let (old, other) = (read(bytes)?, read(others));
        let new = self.value(old, other).to_le_bytes();
        bytes[place..place + width].copy_from_slice(&new[..width]);
        let new = read(bytes)?;
        Some(format!(
            "{width} bytes at {place:#x}: {old:#x}, now {new:#x}"
        ))
    }

    /// A value for a field that was `old`, and is `other` in another image.
    fn value(&mut self, old: u64, other: Option<u64>) -> u64 {
        let power = 1u64 << self.below(64);
        let near = self.below(NEAR);
        match self.below(8) {
            0 => self.rng.u64(..),
            1 => self.one_of(&[0, 1, u64::MAX, power, power - 1, power.wrapping_neg()]),
            2 => old ^ power,
            3 => old.wrapping_add(near),
            4 => old.wrapping_sub(near),
            5 => other.unwrap_or(power),
            _ => self.address(),
        }
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Changes of bytes that are computed again for each file.

/// Bytes that replace others, by their offset.
#[derive(Clone, Default)]
pub(super) struct Changes(Vec<(usize, Vec<u8>)>);

impl Changes {
    /// Notes how `after` differs from `before`, which is as long.
    pub(super) fn note(&mut self, before: &[u8], after: &[u8]) {
        let differs = |(one, other): (&u8, &u8)| one != other;
        let start = before.iter().zip(after).position(differs);
        let end = before.iter().zip(after).rposition(differs);
        if let (Some(start), Some(end)) = (start, end) {
            self.0.push((start, after[start..=end].to_vec()));
        }
    }

    /// Makes the changes in `bytes`, as far as these reach.
    pub(super) fn make(&self, bytes: &mut [u8]) {
        for (offset, change) in &self.0 {
            let place = bytes.iter_mut().skip(*offset);
            place.zip(change).for_each(|(byte, change)| *byte = *change);
        }
    }
}

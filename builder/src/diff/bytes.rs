// SPDX-License-Identifier: BSD-2-Clause

//! How many bytes differ, and where the first does.

use std::fmt;

/// A difference between bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bytes {
    /// How many differ, those included that only one side has.
    count: usize,
    /// Sizes of both sides.
    sizes: (usize, usize),
    /// The address or offset of the first.
    first: u64,
    /// Its values; `None` behind the end.
    values: (Option<u8>, Option<u8>),
}

/// Compares what lies from `start` on; `None` where there is no difference.
pub(super) fn compare(one: &[u8], other: &[u8], start: u64) -> Option<Bytes> {
    let differs = |index: &usize| one.get(*index) != other.get(*index);
    let all = 0..one.len().max(other.len());
    let index = all.clone().find(differs)?;
    Some(Bytes {
        count: all.filter(differs).count(),
        sizes: (one.len(), other.len()),
        first: start + index as u64,
        values: (one.get(index).copied(), other.get(index).copied()),
    })
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, other) = self.sizes;
        write!(f, "{} of ", self.count)?;
        match one == other {
            true => write!(f, "{one} bytes")?,
            false => write!(f, "{one} and {other} bytes")?,
        }
        let value =
            |value: Option<u8>| value.map_or("end".to_owned(), |byte| format!("{byte:#04x}"));
        let (one, other) = self.values;
        write!(
            f,
            ", the first at {:#x} ({}, {})",
            self.first,
            value(one),
            value(other)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::compare;

    fn said(one: &[u8], other: &[u8]) -> Option<String> {
        compare(one, other, 0x1000).map(|bytes| bytes.to_string())
    }

    #[test]
    fn the_same() {
        assert_eq!(said(b"image", b"image"), None);
    }

    #[test]
    fn of_the_same_size() {
        let expected = "2 of 5 bytes, the first at 0x1002 (0x61, 0x41)";
        assert_eq!(said(b"image", b"imAgE").as_deref(), Some(expected));
    }

    #[test]
    fn a_longer_one() {
        let expected = "2 of 5 and 7 bytes, the first at 0x1005 (end, 0x73)";
        assert_eq!(said(b"image", b"images.").as_deref(), Some(expected));
    }
}

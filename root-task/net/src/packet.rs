// SPDX-License-Identifier: BSD-2-Clause

//! Copies of packets. The memory is uncached, so it is accessed in words of eight bytes.
//!
//! Programs for the target access words only at multiples of eight bytes, and others byte by byte. So
//! copies are several times as fast if the client's bytes begin at such an address.

use core::sync::atomic::{AtomicU64, Ordering};

use zerocopy::FromBytes;

use crate::layout::WORD;

/// Copies from the shared memory at `words`.
pub(crate) fn read(words: &[AtomicU64], bytes: &mut [u8]) {
    let (parts, rest) = bytes.as_chunks_mut::<WORD>();
    let last = words.get(parts.len());
    if let Ok(parts) = <[u64]>::mut_from_bytes(parts.as_flattened_mut()) {
        for (part, word) in parts.iter_mut().zip(words) {
            *part = word.load(Ordering::Relaxed);
        }
    } else {
        for (part, word) in parts.iter_mut().zip(words) {
            *part = word.load(Ordering::Relaxed).to_ne_bytes();
        }
    }
    if let Some(last) = last
        && !rest.is_empty()
    {
        let last = last.load(Ordering::Relaxed).to_ne_bytes();
        rest.iter_mut().zip(last).for_each(|(to, from)| *to = from);
    }
}

/// Copies to the shared memory at `words`, and fills the last word with zeros.
pub(crate) fn write(words: &[AtomicU64], bytes: &[u8]) {
    let (parts, rest) = bytes.as_chunks::<WORD>();
    if let Ok(parts) = <[u64]>::ref_from_bytes(parts.as_flattened()) {
        for (part, word) in parts.iter().zip(words) {
            word.store(*part, Ordering::Relaxed);
        }
    } else {
        for (part, word) in parts.iter().zip(words) {
            word.store(u64::from_ne_bytes(*part), Ordering::Relaxed);
        }
    }
    if let Some(last) = words.get(parts.len())
        && !rest.is_empty()
    {
        let mut padded = [0; WORD];
        padded
            .iter_mut()
            .zip(rest)
            .for_each(|(to, from)| *to = *from);
        last.store(u64::from_ne_bytes(padded), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::AtomicU64;

    use super::{read, write};

    #[test]
    fn bytes_survive() {
        let bytes: [u8; 48] = core::array::from_fn(|at| at as u8 + 1);
        for start in 0..8 {
            for end in start..start + 40 {
                let words: [AtomicU64; 5] = Default::default();
                write(&words, &bytes[start..end]);
                let mut copy = [0; 48];
                read(&words, &mut copy[start..end]);
                assert_eq!(copy[start..end], bytes[start..end]);
                assert!(copy[end..].iter().all(|&byte| byte == 0));
            }
        }
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Names of functions, for fault reports.
//!
//! A table of symbols is a sequence of entries in ascending order of their addresses, without header or end mark. Each
//! entry names the function that begins at its address and ends at the address of the next entry:
//!
//! | part | format |
//! |---|---|
//! | distance from the previous entry or from 0, in instructions of 4 bytes | LEB128 (DWARF 5, section 7.6), of any length |
//! | name; empty if no function is known | ASCII, with bit 7 set in the last byte; 0x80 if empty |
//!
//! The last entry only ends the function before it.
//!
//! A lookup reads the table from the start. This takes less code than a binary search, and the table is smaller: most
//! distances fit one byte.

use core::fmt::{self, Write};

use crate::Hex;

/// Size in bytes of an instruction, the unit of distances.
const INSTRUCTION: u64 = 4;

/// Marks the last byte of a name.
const LAST: u8 = 0x80;

/// An empty name.
const NO_NAME: &[u8] = &[LAST];

/// Bits of a distance in each byte of its LEB128. The bit above says that another byte follows.
const BITS: u32 = 7;
const MORE: u8 = 1 << BITS;

/// How many bytes an encoded distance takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistanceSize {
    /// As few as possible.
    Least,
    /// As many as the largest distance takes. So the table's size is known before the distance.
    Largest,
}

impl DistanceSize {
    /// Bytes of [`Self::Largest`], enough for any address.
    pub const LARGEST: usize = 9;

    const fn least_bytes(self) -> usize {
        match self {
            Self::Least => 1,
            Self::Largest => Self::LARGEST,
        }
    }
}

/// Appends an entry to `table`. `distance` is in bytes from the previous entry. Unprintable characters of `name` become
/// question marks.
pub fn encode_symbol(
    table: &mut impl Extend<u8>,
    distance: u64,
    size: DistanceSize,
    name: impl IntoIterator<Item = u8>,
) {
    let mut rest = distance / INSTRUCTION;
    let mut count = 1;
    while rest >= u64::from(MORE) || count < size.least_bytes() {
        table.extend([rest as u8 | MORE]);
        rest >>= BITS;
        count += 1;
    }
    table.extend([rest as u8]);
    let mut name = name.into_iter().map(printable).peekable();
    if name.peek().is_none() {
        table.extend(NO_NAME.iter().copied());
    }
    while let Some(byte) = name.next() {
        let mark = if name.peek().is_none() { LAST } else { 0 };
        table.extend([byte | mark]);
    }
}

/// A function and an offset in it, printed as `name+0x10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol<'a> {
    /// As in the table.
    name: &'a [u8],
    /// Bytes from the function's start.
    pub offset: u64,
}

impl<'a> Symbol<'a> {
    /// Finds the function at `address` in `table`, which may be damaged.
    pub fn find(table: &'a [u8], address: u64) -> Option<Self> {
        let mut rest = table;
        let mut start = 0u64;
        let mut found = NO_NAME;
        loop {
            let (words, behind) = read_distance(rest)?;
            let length = behind.iter().position(|&byte| byte & LAST != 0)? + 1;
            let (name, behind) = behind.split_at_checked(length)?;
            let next = start.checked_add(words.checked_mul(INSTRUCTION)?)?;
            if next > address {
                break;
            }
            (start, found, rest) = (next, name, behind);
        }
        (found != NO_NAME).then_some(Self {
            name: found,
            offset: address - start,
        })
    }

    /// The name's characters.
    pub fn name(&self) -> impl Iterator<Item = char> {
        self.name.iter().map(|&byte| printable(byte & !LAST).into())
    }
}

impl fmt::Display for Symbol<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().try_for_each(|letter| f.write_char(letter))?;
        f.write_char('+')?;
        Hex(self.offset).fmt(f)
    }
}

fn printable(byte: u8) -> u8 {
    match byte {
        b' '..=b'~' => byte,
        _ => b'?',
    }
}

/// Reads the distance, in instructions, at the start of `bytes`. Also returns the bytes after it.
fn read_distance(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut bytes = bytes.iter();
    let (mut distance, mut shift) = (0, 0);
    loop {
        let &byte = bytes.next()?;
        distance |= u64::from(byte & !MORE).checked_shl(shift)?;
        if byte & MORE == 0 {
            return Some((distance, bytes.as_slice()));
        }
        shift += BITS;
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Names of addresses, for reports of faults.
//!
//! A table of symbols is a sequence of entries, by ascending address, without header or end mark. Each
//! says which function lies from its address on, up to that of the next entry:
//!
//! | what | how |
//! |---|---|
//! | distance from the entry before, else from 0, in instructions of 4 bytes | LEB128 (DWARF 5, section 7.6), of any length |
//! | name; empty where no function is known | ASCII, with bit 7 set in the last byte; 0x80 where it is empty |
//!
//! The last entry only ends the function before it.
//!
//! A look-up reads it from the start: the code for that is smaller than a search by halves, and so is
//! the table, of which a byte tells most distances.

use core::fmt::{self, Write};

use crate::Hex;

/// Size in bytes of an instruction, by which distances count.
const INSTRUCTION: u64 = 4;

/// What marks the last byte of a name.
const LAST: u8 = 0x80;

/// The bytes of a name that has none.
const NO_NAME: &[u8] = &[LAST];

/// Bits of a distance in a byte of its LEB128; the one above tells that another byte follows.
const BITS: u32 = 7;
const MORE: u8 = 1 << BITS;

/// How many bytes an encoded distance takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistanceSize {
    /// As few as it can.
    Least,
    /// As many as the largest takes: to be known before the distance is.
    Largest,
}

impl DistanceSize {
    /// Bytes of [`Self::Largest`]: they hold any address by instructions.
    pub const LARGEST: usize = 9;

    const fn least_bytes(self) -> usize {
        match self {
            Self::Least => 1,
            Self::Largest => Self::LARGEST,
        }
    }
}

/// Appends an entry of a table to `table`: `distance` in bytes from the entry before, and `name`, in
/// which what can't be printed becomes a question mark.
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

/// A function and a place in it; shown as `name+0x10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol<'a> {
    /// As a table stores it.
    name: &'a [u8],
    /// Bytes from the function's start.
    pub offset: u64,
}

impl<'a> Symbol<'a> {
    /// The function that `address` lies in, as `table` tells; it may be damaged.
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

/// The distance that `bytes` begin with, in instructions, and what follows it.
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

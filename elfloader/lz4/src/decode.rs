// SPDX-License-Identifier: BSD-2-Clause

//! Decodes a block.
//!
//! A block is a series of sequences: a token, literals, and a match, which repeats bytes written before. Most sequences
//! lie far from both ends, and their matches don't overlap the copies. These are copied in whole blocks, beyond their
//! ends. The others are decoded with all checks.

use crate::DecodeError;
use crate::copy::{BLOCK, copy, copy_block, copy_blocks, copy_bytes};

/// The value of a length in a token that continues in the next bytes.
const LONG: usize = 15;

/// The longest match whose length fits a token, in bytes.
const SHORT_MATCH: usize = LONG - 1 + MIN_MATCH;

/// The shortest match, in bytes.
const MIN_MATCH: usize = 4;

/// Bytes read from a token on if its literals are short: the token, a block, an offset.
const INPUT_MARGIN: usize = 1 + BLOCK + 2;

/// Bytes written for short literals and a short match.
const OUTPUT_MARGIN: usize = LONG + SHORT_MATCH;

/// Decompresses `block` to `output`, which must have the size of the content.
///
/// Faults if memory can't be accessed unaligned.
///
/// # Errors
///
/// Fails with a [`DecodeError`] if the block is malformed, or its content has another size.
// Not inlined: the caller is compiled for size, this crate for speed.
#[inline(never)]
pub fn decompress(block: &[u8], output: &mut [u8]) -> Result<(), DecodeError> {
    let mut decoder = Decoder::new(block, output);
    loop {
        decoder.ordinary_sequences();
        let token = usize::from(decoder.byte()?);
        if decoder.literals(token >> 4)? {
            return match decoder.room() {
                0 => Ok(()),
                _ => Err(DecodeError::TooShort),
            };
        }
        decoder.repetition(token & LONG)?;
    }
}

/// The unread input and the output. `input` never passes `input_end`, nor `output` `output_end`. All bytes from
/// `output_start` to `output` are written.
struct Decoder {
    input: *const u8,
    input_end: *const u8,
    output: *mut u8,
    output_start: *mut u8,
    output_end: *mut u8,
}

impl Decoder {
    fn new(block: &[u8], output: &mut [u8]) -> Self {
        let input = block.as_ptr_range();
        let output = output.as_mut_ptr_range();
        Self {
            input: input.start,
            input_end: input.end,
            output: output.start,
            output_start: output.start,
            output_end: output.end,
        }
    }

    /// Number of unread bytes.
    fn rest(&self) -> usize {
        self.input_end.addr() - self.input.addr()
    }

    /// Number of bytes still to be written.
    fn room(&self) -> usize {
        self.output_end.addr() - self.output.addr()
    }

    /// Number of bytes written.
    fn written(&self) -> usize {
        self.output.addr() - self.output_start.addr()
    }

    /// Decodes sequences until one is near an end, malformed, has long literals, or repeats bytes that overlap
    /// their copy.
    #[inline]
    fn ordinary_sequences(&mut self) {
        let (mut input, mut output) = (self.input, self.output);
        let last_input = self.input_end.addr().saturating_sub(INPUT_MARGIN);
        let last_output = self.output_end.addr().saturating_sub(OUTPUT_MARGIN);
        while input.addr() <= last_input && output.addr() <= last_output {
            // SAFETY: at least INPUT_MARGIN bytes are unread, and there is room for OUTPUT_MARGIN bytes: enough
            // for short literals and a short match in whole blocks. A match begins in the output, and doesn't
            // overlap its copy. A long match begins at least a block before its copy, and there is room for its
            // last block.
            unsafe {
                let token = usize::from(input.read());
                let literals = token >> 4;
                copy_block(input.add(1), output);
                let behind = input.add(1 + literals);
                let offset = usize::from(u16::from_le_bytes([behind.read(), behind.add(1).read()]));
                let to = output.add(literals);
                if literals == LONG || offset > to.addr() - self.output_start.addr() {
                    break;
                }
                let repeated = to.sub(offset).cast_const();
                let (mut length, mut next) = (token & LONG, behind.add(2));
                if length < LONG {
                    length += MIN_MATCH;
                    if offset < length {
                        break;
                    }
                    copy_block(repeated, to);
                    let rest = SHORT_MATCH - BLOCK;
                    copy_block(repeated.add(rest), to.add(rest));
                } else {
                    (length, next) = long(next, self.input_end);
                    length = length.saturating_add(MIN_MATCH);
                    if offset < BLOCK || length > last_output.saturating_sub(to.addr()) {
                        break;
                    }
                    copy_blocks(repeated, to, length);
                }
                (input, output) = (next, to.add(length));
            }
        }
        (self.input, self.output) = (input, output);
    }

    /// Copies literals, whose length in the token is `length`. Returns whether the block ends with them.
    fn literals(&mut self, length: usize) -> Result<bool, DecodeError> {
        let length = self.length(length)?;
        if length > self.rest() {
            return Err(DecodeError::Truncated);
        }
        if length > self.room() {
            return Err(DecodeError::TooLong);
        }
        // SAFETY: as many bytes are unread, and there is room for them.
        unsafe {
            copy(
                self.input,
                self.output,
                length,
                self.rest().min(self.room()),
            );
            self.input = self.input.add(length);
            self.output = self.output.add(length);
        }
        Ok(self.rest() == 0)
    }

    /// Copies a match, whose length in the token is `length`.
    fn repetition(&mut self, length: usize) -> Result<(), DecodeError> {
        let offset = usize::from(self.byte()?) | usize::from(self.byte()?) << 8;
        let length = self.length(length)?.saturating_add(MIN_MATCH);
        if offset == 0 || offset > self.written() {
            return Err(DecodeError::Offset);
        }
        if length > self.room() {
            return Err(DecodeError::TooLong);
        }
        // Bytes that repeat at a short distance also repeat at its multiples, once these bytes are written.
        let mut distance = offset;
        while distance < BLOCK {
            distance *= 2;
        }
        let head = length.min(distance - offset);
        // SAFETY: the match begins in the output, and there is room for its copy. `distance` is at least a
        // block, and at most the number of bytes written after `head`.
        unsafe {
            copy_bytes(self.output.sub(offset), self.output, head);
            let to = self.output.add(head);
            copy(
                to.wrapping_sub(distance),
                to,
                length - head,
                self.room() - head,
            );
            self.output = self.output.add(length);
        }
        Ok(())
    }

    /// A length, of which the token holds `length`.
    fn length(&mut self, mut length: usize) -> Result<usize, DecodeError> {
        if length == LONG {
            // SAFETY: `input` doesn't pass the end.
            (length, self.input) = unsafe { long(self.input, self.input_end) };
        }
        match length {
            usize::MAX => Err(DecodeError::Truncated),
            _ => Ok(length),
        }
    }

    /// Reads a byte.
    fn byte(&mut self) -> Result<u8, DecodeError> {
        if self.rest() == 0 {
            return Err(DecodeError::Truncated);
        }
        // SAFETY: there is an unread byte.
        unsafe {
            let byte = self.input.read();
            self.input = self.input.add(1);
            Ok(byte)
        }
    }
}

/// Reads the bytes that continue a length of [`LONG`]. Returns the length and the address after them. The length is
/// `usize::MAX` if the block ends before it.
///
/// # Safety
///
/// Bytes from `input` up to `end` must be valid for reads.
#[inline]
unsafe fn long(mut input: *const u8, end: *const u8) -> (usize, *const u8) {
    let mut length = LONG;
    while input < end {
        // SAFETY: there is an unread byte.
        let more = unsafe { input.read() };
        input = input.wrapping_add(1);
        length += usize::from(more);
        if more != u8::MAX {
            return (length, input);
        }
    }
    (usize::MAX, input)
}

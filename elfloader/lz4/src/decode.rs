// SPDX-License-Identifier: BSD-2-Clause

//! The decoder.
//!
//! A block is a row of sequences: a token, literals, and a match, which repeats bytes that have been
//! written before. Nearly all lie far from both ends and repeat what doesn't overlap its copy; these
//! are copied in whole blocks, past their own ends. The others are decoded with all checks.

use crate::DecodeError;
use crate::copy::{BLOCK, copy, copy_block, copy_blocks, copy_bytes};

/// A length in a token that goes on in the bytes behind it.
const LONG: usize = 15;

/// Bytes of the longest match whose length a token holds.
const SHORT_MATCH: usize = LONG - 1 + MIN_MATCH;

/// The shortest match.
const MIN_MATCH: usize = 4;

/// Bytes that are read from a token on, where its literals are short: it, a block, an offset.
const INPUT_MARGIN: usize = 1 + BLOCK + 2;

/// Bytes that are written besides a sequence's own: the rest of its last block.
const OUTPUT_MARGIN: usize = LONG + SHORT_MATCH;

/// Decompresses `block` to `output`, which must be as long as what the block holds.
///
/// Faults where memory can't be accessed unaligned.
///
/// # Errors
///
/// Returns a [`DecodeError`] where the block is malformed or holds more or less than that.
// Not inlined, to be optimised as this crate is, and not for size as its caller.
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

/// What is left of both slices. `input` never passes `input_end`, nor `output` `output_end`, and
/// all bytes from `output_start` to `output` have been written.
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

    /// Bytes that are left of the block.
    fn rest(&self) -> usize {
        self.input_end.addr() - self.input.addr()
    }

    /// Bytes that are still to be written.
    fn room(&self) -> usize {
        self.output_end.addr() - self.output.addr()
    }

    /// Bytes that have been written.
    fn written(&self) -> usize {
        self.output.addr() - self.output_start.addr()
    }

    /// Decodes sequences up to one that is near an end, malformed, holds long literals, or repeats bytes that
    /// overlap their copy.
    #[inline]
    fn ordinary_sequences(&mut self) {
        let (mut input, mut output) = (self.input, self.output);
        let last_input = self.input_end.addr().saturating_sub(INPUT_MARGIN);
        let last_output = self.output_end.addr().saturating_sub(OUTPUT_MARGIN);
        while input.addr() <= last_input && output.addr() <= last_output {
            // SAFETY: at least INPUT_MARGIN bytes of the block are left, and there is room for OUTPUT_MARGIN
            // bytes: for short literals and a short match with the rest of their blocks. A match begins at or
            // behind the output's start, and ends where its own copy begins, or before. If it is long, it
            // begins a block before its copy, and there is room up to the end of its last block.
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

    /// Copies literals, of which the token tells `length`. Returns whether the block ends with them.
    fn literals(&mut self, length: usize) -> Result<bool, DecodeError> {
        let length = self.length(length)?;
        if length > self.rest() {
            return Err(DecodeError::Truncated);
        }
        if length > self.room() {
            return Err(DecodeError::TooLong);
        }
        // SAFETY: the block has as many bytes left, and the output as much room.
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

    /// Repeats what has been written, as the match says of which the token tells `length`.
    fn repetition(&mut self, length: usize) -> Result<(), DecodeError> {
        let offset = usize::from(self.byte()?) | usize::from(self.byte()?) << 8;
        let length = self.length(length)?.saturating_add(MIN_MATCH);
        if offset == 0 || offset > self.written() {
            return Err(DecodeError::Offset);
        }
        if length > self.room() {
            return Err(DecodeError::TooLong);
        }
        // What a short distance repeats is repeated by its multiples too, once it is there.
        let mut distance = offset;
        while distance < BLOCK {
            distance *= 2;
        }
        let head = length.min(distance - offset);
        // SAFETY: the match begins at or behind the output's start and there is room for its copy.
        // `distance` is at least a block, and no more than what is written once `head` is.
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

    /// A length that begins with `length` in a token.
    fn length(&mut self, mut length: usize) -> Result<usize, DecodeError> {
        if length == LONG {
            // SAFETY: the byte lies before the block's end or there.
            (length, self.input) = unsafe { long(self.input, self.input_end) };
        }
        match length {
            usize::MAX => Err(DecodeError::Truncated),
            _ => Ok(length),
        }
    }

    /// The next byte of the block.
    fn byte(&mut self) -> Result<u8, DecodeError> {
        if self.rest() == 0 {
            return Err(DecodeError::Truncated);
        }
        // SAFETY: there is a byte left.
        unsafe {
            let byte = self.input.read();
            self.input = self.input.add(1);
            Ok(byte)
        }
    }
}

/// A length of [`LONG`] and what the bytes from `input` on add to it, and what follows them; `usize::MAX` if the
/// block ends before that.
///
/// # Safety
///
/// Bytes from `input` up to `end` must be valid for reads.
#[inline]
unsafe fn long(mut input: *const u8, end: *const u8) -> (usize, *const u8) {
    let mut length = LONG;
    while input < end {
        // SAFETY: there is a byte left.
        let more = unsafe { input.read() };
        input = input.wrapping_add(1);
        length += usize::from(more);
        if more != u8::MAX {
            return (length, input);
        }
    }
    (usize::MAX, input)
}

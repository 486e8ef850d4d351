// SPDX-License-Identifier: BSD-2-Clause

//! Finds frames in a stream of bytes.

use crc::Digest;

use crate::CRC_32C;
use crate::header::{Header, MAGIC, SIZE};

/// An event in a stream of bytes.
#[derive(Debug)]
pub enum Event<'a> {
    /// A frame begins.
    Begin(Header),
    /// The next bytes of its program.
    Part(&'a [u8]),
    /// The frame ends; whether the program's checksum is right.
    End(bool),
}

/// Finds frames in a stream of bytes, and skips everything else.
pub struct Receiver {
    /// The start of a header, as far as it has arrived.
    header: [u8; SIZE],
    filled: usize,
    program: Option<Program>,
}

/// A program that arrives.
struct Program {
    left: u32,
    checksum: u32,
    digest: Digest<'static, u32>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self {
            header: [0; SIZE],
            filled: 0,
            program: None,
        }
    }
}

impl Receiver {
    /// Takes bytes up to the next event; all if there is none.
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Event<'a>> {
        match self.program.take() {
            Some(program) if program.left == 0 => {
                Some(Event::End(program.digest.finalize() == program.checksum))
            }
            Some(mut program) => {
                let most = usize::try_from(program.left).unwrap_or(usize::MAX);
                let (part, rest) = bytes.split_at(bytes.len().min(most));
                *bytes = rest;
                program.digest.update(part);
                program.left -= part.len() as u32;
                self.program = Some(program);
                (!part.is_empty()).then_some(Event::Part(part))
            }
            None => {
                let header = self.find(bytes)?;
                self.program = Some(Program {
                    left: header.length(),
                    checksum: header.checksum(),
                    digest: CRC_32C.digest(),
                });
                Some(Event::Begin(header))
            }
        }
    }

    /// Takes bytes up to the end of the next header.
    fn find(&mut self, bytes: &mut &[u8]) -> Option<Header> {
        while let Some(&byte) = bytes.split_off_first() {
            if let Some(free) = self.header.get_mut(self.filled) {
                *free = byte;
                self.filled += 1;
            }
            if self.filled == SIZE {
                if let Some(header) = Header::read(&self.header) {
                    self.filled = 0;
                    return Some(header);
                }
                self.skip();
            }
            while !self.may_begin() {
                self.skip();
            }
        }
        None
    }

    /// Whether the bytes so far may be the start of a header.
    fn may_begin(&self) -> bool {
        let so_far = self.header.get(..self.filled).unwrap_or_default();
        so_far
            .iter()
            .zip(&MAGIC)
            .all(|(found, expected)| found == expected)
    }

    /// Drops the first byte.
    fn skip(&mut self) {
        self.header.rotate_left(1);
        self.filled = self.filled.saturating_sub(1);
    }
}

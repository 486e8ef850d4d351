// SPDX-License-Identifier: BSD-2-Clause

//! The tokens of a structure block (Devicetree Specification v0.4, section 5.4).

use crate::error::TreeError;

/// The longest name of a node or property, in bytes. The specification allows 31, the Raspberry Pi 4's firmware uses
/// 36. This limits the work that a malformed tree causes.
pub(crate) const MAX_NAME: usize = 255;

/// The first words of tokens (Devicetree Specification v0.4, section 5.4.1).
pub(crate) const BEGIN_NODE: u32 = 1;
pub(crate) const END_NODE: u32 = 2;
pub(crate) const PROPERTY: u32 = 3;
const NOP: u32 = 4;
const END: u32 = 9;

/// A token of the structure block.
pub(crate) enum Token<'a> {
    BeginNode(&'a [u8]),
    EndNode,
    Property(&'a [u8], &'a [u8]),
    End,
}

/// Reads the tokens of a structure block.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tokens<'a> {
    structure: &'a [u8],
    strings: &'a [u8],
    offset: usize,
}

impl<'a> Tokens<'a> {
    /// Reads `structure` from `offset` on. The names of properties are in `strings`.
    pub(crate) fn new(structure: &'a [u8], strings: &'a [u8], offset: usize) -> Self {
        Self {
            structure,
            strings,
            offset,
        }
    }

    /// Offset of the next token in the structure block.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Reads the next token.
    pub(crate) fn next(&mut self) -> Result<Token<'a>, TreeError> {
        #[cfg(test)]
        crate::tests::count();
        let offset = self.offset;
        self.try_next().ok_or(TreeError::Structure { offset })
    }

    fn try_next(&mut self) -> Option<Token<'a>> {
        loop {
            match self.word()? {
                BEGIN_NODE => {
                    let name = name_at(self.structure, self.offset)?;
                    self.skip(name.len() + 1)?;
                    return Some(Token::BeginNode(name));
                }
                END_NODE => return Some(Token::EndNode),
                PROPERTY => {
                    let length = self.word()? as usize;
                    let name = name_at(self.strings, self.word()? as usize)?;
                    let start = self.offset;
                    self.skip(length)?;
                    let value = self.structure.get(start..start.checked_add(length)?)?;
                    return Some(Token::Property(name, value));
                }
                NOP => {}
                END => return Some(Token::End),
                _ => return None,
            }
        }
    }

    fn word(&mut self) -> Option<u32> {
        let bytes = self.structure.get(self.offset..)?.first_chunk()?;
        self.offset += bytes.len();
        Some(u32::from_be_bytes(*bytes))
    }

    /// Skips `length` bytes, then up to a multiple of four.
    fn skip(&mut self, length: usize) -> Option<()> {
        self.offset = self
            .offset
            .checked_add(length)?
            .checked_next_multiple_of(size_of::<u32>())?;
        Some(())
    }
}

/// The nul-terminated name at `offset`.
fn name_at(block: &[u8], offset: usize) -> Option<&[u8]> {
    let rest = block.get(offset..)?;
    before_nul(rest.get(..=MAX_NAME).unwrap_or(rest))
}

/// The bytes before the first nul; `None` if there is no nul.
pub(crate) fn before_nul(bytes: &[u8]) -> Option<&[u8]> {
    bytes
        .split(|&byte| byte == 0)
        .next()
        .filter(|string| string.len() < bytes.len())
}

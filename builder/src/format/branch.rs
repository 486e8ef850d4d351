// SPDX-License-Identifier: BSD-2-Clause

//! The branch instruction at a program's first byte (Arm ARM, DDI 0487, section C6.2, "B").

use crate::elf::INSTRUCTION;

/// `b` with the offset 0.
const BRANCH: u32 = 0x1400_0000;

/// The bits of `b` besides the offset.
const OPCODE: u32 = 0xfc00_0000;

/// Encodes a branch forward by `offset` bytes, at most a few mebibytes.
pub(crate) fn to(offset: u64) -> u32 {
    BRANCH | (offset / INSTRUCTION) as u32
}

/// The offset in bytes of the branch `instruction`; `None` for other instructions.
pub(crate) fn target(instruction: u32) -> Option<u64> {
    let offset = u64::from(instruction & !OPCODE) * INSTRUCTION;
    (instruction & OPCODE == BRANCH).then_some(offset)
}

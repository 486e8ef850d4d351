// SPDX-License-Identifier: BSD-2-Clause

//! The instruction that a program is entered with at its first byte
//! (Arm ARM, DDI 0487, section C6.2, "B").

/// `b` to the instruction itself.
const BRANCH: u32 = 0x1400_0000;

/// The bits of it that don't tell how far.
const OPCODE: u32 = 0xfc00_0000;

/// Size in bytes of an instruction, by which a branch counts.
pub(crate) const INSTRUCTION: u64 = 4;

/// A branch forward by `offset` bytes, which are a few mebibytes at most.
pub(crate) fn to(offset: u64) -> u32 {
    BRANCH | (offset / INSTRUCTION) as u32
}

/// The bytes that `instruction` branches forward by, if it is a branch.
pub(crate) fn target(instruction: u32) -> Option<u64> {
    let offset = u64::from(instruction & !OPCODE) * INSTRUCTION;
    (instruction & OPCODE == BRANCH).then_some(offset)
}

// SPDX-License-Identifier: BSD-2-Clause

//! Recognises the instructions after which another segment begins (Arm ARM, C4.1).

use std::fmt;

/// A write to `SCTLR_ELx` from a general-purpose register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    /// x.
    level: u32,
    /// The number of the register; 31 is the zero register.
    register: u32,
}

impl Write {
    /// Recognises `msr sctlr_elX, xN`.
    pub(crate) fn decode(opcode: u32) -> Option<Self> {
        /// The opcode without op1 and Rt.
        const MSR_SCTLR: u32 = 0xd518_1000;
        const OP1: u32 = 0x7 << 16;
        const RT: u32 = 0x1f;
        if opcode & !(OP1 | RT) != MSR_SCTLR {
            return None;
        }
        let level = match (opcode & OP1) >> 16 {
            0 => 1,
            4 => 2,
            6 => 3,
            _ => return None,
        };
        let register = opcode & RT;
        Some(Self { level, register })
    }
}

/// Shown as `el1=x5`.
impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "el{}=x{}", self.level, self.register)
    }
}

/// Whether an instruction is meant to continue at another level: `svc`, `hvc`, `smc`, `eret` and its variants.
pub(crate) fn changes_level(opcode: u32) -> bool {
    let is_call = opcode & 0xffe0_001c == 0xd400_0000 && opcode & 0b11 != 0;
    let is_return = opcode & 0xffff_f000 == 0xd69f_0000;
    is_call || is_return
}

/// Whether an instruction may continue elsewhere at the same level.
pub(crate) fn is_branch(opcode: u32) -> bool {
    let is_in_group = opcode >> 26 & 0b111 == 0b101;
    is_in_group
        && match opcode >> 29 {
            // b, bl, cbz, cbnz, tbz, tbnz, b.cond
            0b000 | 0b100 | 0b001 | 0b101 | 0b010 => true,
            // br, blr, ret
            0b110 => opcode >> 25 & 1 == 1 && !changes_level(opcode),
            _ => false,
        }
}

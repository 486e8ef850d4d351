// SPDX-License-Identifier: BSD-2-Clause

//! Splits a boot into segments and counts in each.

use std::collections::HashMap;
use std::process;

use crate::instruction::{Write, changes_level, is_branch};

/// The bytes that a core fetches at once with the instruction cache off.
const LINE: u64 = 16;

/// The bytes that a data access takes at most. QEMU 7.2 makes two accesses of one with 16 bytes.
const WORD: u64 = 8;

const INSTRUCTION: u64 = 4;

/// More segments than any boot has. It ends a guest that has lost its way, for example by endless exceptions.
const MAX_SEGMENTS: u64 = 10_000;

/// The counts of a boot up to its end.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    /// The address of the instruction at which the boot ends.
    end: u64,
    has_ended: bool,
    instructions: Vec<Instruction>,
    by_address: HashMap<u64, usize>,
    /// Address and opcode of the last instruction.
    last: Option<(u64, u32)>,
    segment: Option<Segment>,
    /// The number of printed segments.
    printed: u64,
}

/// An instruction in the guest's memory.
#[derive(Debug)]
struct Instruction {
    address: u64,
    opcode: u32,
    /// How often it was executed.
    executions: u64,
}

/// A part of the boot with the same exception level and the same value of each SCTLR_ELx.
#[derive(Debug)]
struct Segment {
    /// Its first instruction.
    address: u64,
    /// How often that one had been executed, including this time.
    execution: u64,
    /// The write that was the last instruction before.
    write: Option<Write>,
    instructions: u64,
    accesses: u64,
    lines: u64,
}

impl Counter {
    pub(crate) fn new(end: u64) -> Self {
        Self {
            end,
            ..Self::default()
        }
    }

    /// Returns the number of a translated instruction. The `opcode` may differ from the last one at `address`.
    pub(crate) fn translated(&mut self, address: u64, opcode: u32) -> usize {
        let next = self.instructions.len();
        let index = *self.by_address.entry(address).or_insert(next);
        match self.instructions.get_mut(index) {
            Some(known) => known.opcode = opcode,
            None => self.instructions.push(Instruction {
                address,
                opcode,
                executions: 0,
            }),
        }
        index
    }

    /// Counts an instruction that is about to be executed.
    pub(crate) fn executed(&mut self, index: usize) {
        let Some(instruction) = self.instructions.get_mut(index) else {
            return;
        };
        instruction.executions += 1;
        let &mut Instruction {
            address,
            opcode,
            executions,
        } = instruction;
        if address == self.end && !self.has_ended {
            self.has_ended = true;
            self.print_segment();
            println!("\nKAAL_COUNTER_END");
        }
        if self.has_ended {
            return;
        }
        let (write, follows, is_boundary) = match self.last {
            None => (None, false, true),
            Some((last, opcode)) => {
                let write = Write::decode(opcode);
                let follows = last + INSTRUCTION == address;
                // Other instructions than branches only continue elsewhere by an exception.
                let is_exception = !follows && !is_branch(opcode);
                let is_boundary = write.is_some() || changes_level(opcode) || is_exception;
                (write, follows, is_boundary)
            }
        };
        if is_boundary {
            self.print_segment();
        }
        let segment = self.segment.get_or_insert(Segment {
            address,
            execution: executions,
            write,
            instructions: 0,
            accesses: 0,
            lines: 0,
        });
        segment.instructions += 1;
        segment.lines += u64::from(!follows || address.is_multiple_of(LINE));
        self.last = Some((address, opcode));
    }

    /// Counts a data access of the last instruction.
    pub(crate) fn accessed(&mut self, bytes: u64) {
        if let (Some(segment), false) = (&mut self.segment, self.has_ended) {
            segment.accesses += bytes.div_ceil(WORD);
        }
    }

    /// Prints the current segment, if there is one, and ends it.
    fn print_segment(&mut self) {
        let Some(segment) = self.segment.take() else {
            return;
        };
        let Segment {
            address,
            execution,
            write,
            instructions,
            accesses,
            lines,
        } = segment;
        let write = write.map_or("-".to_owned(), |write| write.to_string());
        self.printed += 1;
        if self.printed > MAX_SEGMENTS {
            eprintln!("more than {MAX_SEGMENTS} segments, the last one at {address:#x}");
            process::exit(1);
        }
        eprintln!("segment {address:016x} {execution} {write} {instructions} {accesses} {lines}");
    }
}

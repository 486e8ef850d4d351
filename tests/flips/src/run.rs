// SPDX-License-Identifier: BSD-2-Clause

//! A boot of an image, from its first instruction to the kernel's or to its end.

use core::fmt;

use aarch64_cpu::registers::{
    ELR_EL1, ESR_EL1, ESR_EL2, FAR_EL1, FAR_EL2, HPFAR_EL2, Readable, SPSR_EL1, VBAR_EL1, Writeable,
};
use kaal_flips::{Job, WINDOW};

use crate::areas::PAGE_SIZE;
use crate::clock::{self, Interrupt};
use crate::console::UART_BASE;
use crate::guest::{EL1H_MASKED, Guest, Vector};
use crate::memory::Memory;
use crate::own_registers;
use crate::text::Text;

/// ESR_ELx.EC of aborts from a lower exception level.
const INSTRUCTION_ABORT: u64 = 0x20;
const DATA_ABORT: u64 = 0x24;

/// ESR_ELx.EC of a misaligned instruction.
const MISALIGNED: u64 = 0x22;

/// How often an image may wait for interrupts or events, which never come, before it counts as asleep. Until
/// then it resumes at once, as the architecture permits.
const MOST_WAITS: u32 = 64;

/// The most alarms during a boot.
const MOST_ALARMS: u32 = 2;

/// PSCI's SYSTEM_OFF, and the result of other calls, NOT_SUPPORTED.
const SYSTEM_OFF: u64 = 0x8400_0008;
const NOT_SUPPORTED: u64 = -1i64 as u64;

/// PL011: the data register, the flag register, and its value if nothing is sent or received.
const UART_DATA: u64 = 0x00;
const UART_FLAGS: u64 = 0x18;
const UART_IDLE: u64 = 0x90;

/// Size in bytes of an instruction.
const INSTRUCTION: u64 = 4;

/// SPSR_EL2 without the flags N, Z, C and V.
const STATE_MASK: u64 = 0x0fff_ffff;

/// What the kernel is entered with, besides memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handover {
    pub(crate) arguments: [u64; 6],
    pub(crate) state: u64,
    pub(crate) own_registers: [u64; own_registers::SEEN.len()],
}

/// Why a boot ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The next instruction is the kernel's first.
    Entered,
    /// The next instruction is another one in the kernel's memory.
    Strayed,
    /// The image powered the machine off.
    Off,
    /// The processor sleeps.
    Rests,
    /// The time limit passed.
    Endless,
    /// The image accessed memory that doesn't exist.
    Nowhere,
    /// An exception that the image can't handle: ESR_EL2.
    Trap(u64),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entered => f.write_str("enters the kernel"),
            Self::Strayed => f.write_str("strays into the kernel"),
            Self::Off => f.write_str("powers off"),
            Self::Rests => f.write_str("rests"),
            Self::Endless => f.write_str("does not end"),
            Self::Nowhere => write!(f, "accesses {:#x}", fault_address()),
            Self::Trap(esr) => write!(f, "traps with {esr:#x}"),
        }
    }
}

/// A boot.
pub(crate) struct Run {
    pub(crate) guest: Guest,
    pub(crate) text: Text,
    pub(crate) names_failure: bool,
    /// The first address that was accessed without an answer, or written although the undamaged image doesn't.
    pub(crate) strange_access: Option<u64>,
    pub(crate) end: End,
}

impl Run {
    /// Boots the content of memory from `entry` on, with the time limit `limit` in the counter's units.
    pub(crate) fn new(job: &Job, memory: &mut Memory, entry: u64, limit: u64) -> Self {
        own_registers::reset();
        let mut run = Self {
            guest: Guest::at(entry),
            text: Text::EMPTY,
            names_failure: false,
            strange_access: None,
            end: End::Rests,
        };
        memory.stage2().map_uart(UART_BASE, false);
        let started = clock::now();
        let (mut waits, mut alarms) = (0, 0);
        run.end = loop {
            memory.stage2().commit();
            match run.guest.go_on() {
                Vector::SYNCHRONOUS => {
                    if let Some(end) = run.serve(job, memory, &mut waits) {
                        break end;
                    }
                }
                Vector::INTERRUPT | Vector::INTERRUPT_32 => {
                    if clock::interrupt() == Interrupt::Alarm {
                        alarms += 1;
                    }
                    if clock::now() - started > limit || alarms == MOST_ALARMS {
                        break End::Endless;
                    }
                }
                _ => break End::Trap(ESR_EL2.get()),
            }
        };
        run
    }

    /// What the kernel was entered with.
    pub(crate) fn handover(&self) -> Handover {
        let [a, b, c, d, e, f, ..] = self.guest.general;
        Handover {
            arguments: [a, b, c, d, e, f],
            state: self.guest.state & STATE_MASK,
            own_registers: own_registers::seen(),
        }
    }

    /// Handles an interruption of the image as a machine would, unless it ends the boot.
    fn serve(&mut self, job: &Job, memory: &mut Memory, waits: &mut u32) -> Option<End> {
        let esr = ESR_EL2.get();
        match esr >> 26 {
            0x01 => {
                *waits += 1;
                self.skip();
                (*waits > MOST_WAITS).then_some(End::Rests)
            }
            0x16 => self.call(),
            0x17 => {
                self.skip();
                self.call()
            }
            // A system register that only other software uses.
            0x18 => {
                if esr & 1 != 0 {
                    self.set_general(esr >> 5, 0);
                }
                self.skip();
                None
            }
            INSTRUCTION_ABORT => self.fetch(job),
            DATA_ABORT => self.access(memory, esr),
            _ => Some(End::Trap(esr)),
        }
    }

    /// A call of the firmware, which supports only SYSTEM_OFF.
    fn call(&mut self) -> Option<End> {
        if self.guest.general[0] & 0xffff_ffff == SYSTEM_OFF {
            return Some(End::Off);
        }
        self.guest.general[0] = NOT_SUPPORTED;
        None
    }

    /// The fetch of an instruction from unmapped memory or from the kernel.
    fn fetch(&mut self, job: &Job) -> Option<End> {
        // This has priority over the second stage of translation, but QEMU checks the latter first.
        if !self.guest.address.is_multiple_of(INSTRUCTION) {
            return self.abort(MISALIGNED);
        }
        if !job.kernel.contains(fault_address()) {
            return self.abort(INSTRUCTION_ABORT);
        }
        Some(match self.guest.address == job.kernel_entry {
            true => End::Entered,
            false => End::Strayed,
        })
    }

    /// An access without an answer: the image gets an exception, if it has vectors.
    fn abort(&mut self, class: u64) -> Option<End> {
        /// ESR_EL1: a 32-bit instruction, a synchronous external abort.
        const EXTERNAL: u64 = 1 << 25 | 0x10;
        const STATUS: u64 = 0x3f;
        /// ESR_EL1.EC of an abort from EL1 itself.
        const SAME_LEVEL: u64 = 1;

        self.note_strange_access();
        let vector = match self.guest.state & 0b1111 {
            0b0101 => 0x200,
            0b0100 => 0x000,
            0b0000 => 0x400,
            _ => return Some(End::Nowhere),
        };
        let is_own = u64::from(vector != 0x400);
        let vector = VBAR_EL1.get() + vector;
        if self.guest.address == vector {
            return Some(End::Nowhere);
        }
        ESR_EL1.set(match class {
            MISALIGNED => class << 26 | EXTERNAL & !STATUS,
            _ => (class + SAME_LEVEL * is_own) << 26 | EXTERNAL,
        });
        ELR_EL1.set(self.guest.address);
        FAR_EL1.set(FAR_EL2.get());
        SPSR_EL1.set(self.guest.state);
        self.guest.address = vector;
        self.guest.state = EL1H_MASKED;
        None
    }

    /// An access to the UART, or to memory that isn't there or not writable.
    fn access(&mut self, memory: &mut Memory, esr: u64) -> Option<End> {
        let address = fault_address();
        let is_write = esr >> 6 & 1 != 0;
        if WINDOW.contains(address) && is_write {
            self.note_strange_access();
            memory.allow_write(address);
            return None;
        }
        let is_described = esr >> 24 & 1 != 0;
        if address & !(PAGE_SIZE as u64 - 1) != UART_BASE || !is_described {
            return self.abort(DATA_ABORT);
        }
        let register = esr >> 16;
        match address - UART_BASE {
            UART_DATA if is_write => {
                let byte = self.general(register) as u8;
                self.names_failure |= self.text.add(byte);
                // Later text doesn't matter.
                if self.names_failure || self.text.is_full() {
                    memory.stage2().map_uart(UART_BASE, true);
                }
            }
            UART_FLAGS if !is_write => self.set_general(register, UART_IDLE),
            _ => {
                self.note_strange_access();
                if !is_write {
                    self.set_general(register, 0);
                }
            }
        }
        self.skip();
        None
    }

    fn note_strange_access(&mut self) {
        self.strange_access.get_or_insert_with(fault_address);
    }

    fn skip(&mut self) {
        self.guest.address = self.guest.address.wrapping_add(INSTRUCTION);
    }

    /// A general register by its number in a syndrome, where 31 means zero.
    fn general(&self, number: u64) -> u64 {
        let place = self.guest.general.get(number as usize & 0x1f);
        place.copied().unwrap_or_default()
    }

    fn set_general(&mut self, number: u64, value: u64) {
        if let Some(place) = self.guest.general.get_mut(number as usize & 0x1f) {
            *place = value;
        }
    }
}

/// The intermediate physical address of the last abort: the page from HPFAR_EL2, the rest from FAR_EL2.
fn fault_address() -> u64 {
    const OFFSET: u64 = PAGE_SIZE as u64 - 1;
    (HPFAR_EL2.get() >> 4 << 12) | FAR_EL2.get() & OFFSET
}

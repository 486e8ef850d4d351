// SPDX-License-Identifier: BSD-2-Clause

//! The PL011's registers (Arm DDI 0183, section 3.3). The kernel has set it up.

use kaal_component::Registers;

/// Data.
const DR: usize = 0x00;
/// Flags.
const FR: usize = 0x18;
const FR_RECEIVE_EMPTY: u32 = 1 << 4;
const FR_TRANSMIT_FULL: u32 = 1 << 5;
/// Which interrupts are signalled.
const IMSC: usize = 0x38;
/// Clears interrupts.
const ICR: usize = 0x44;
/// Received, in both IMSC and ICR.
const RECEIVE: u32 = 1 << 4;
/// Received some time ago, in both IMSC and ICR.
const RECEIVE_TIMEOUT: u32 = 1 << 6;

pub(crate) struct Pl011 {
    registers: Registers,
}

impl Pl011 {
    pub(crate) fn new(registers: Registers) -> Self {
        Self { registers }
    }

    pub(crate) fn enable_receive_interrupt(&self) {
        self.registers.write(IMSC, RECEIVE | RECEIVE_TIMEOUT);
    }

    pub(crate) fn clear_receive_interrupt(&self) {
        self.registers.write(ICR, RECEIVE | RECEIVE_TIMEOUT);
    }

    /// Prints a text, with the carriage returns that a terminal wants.
    pub(crate) fn print(&self, text: &[u8]) {
        for &byte in text {
            if byte == b'\n' {
                self.put(b'\r');
            }
            self.put(byte);
        }
    }

    /// A byte that was typed, if there is one.
    pub(crate) fn read(&self) -> Option<u8> {
        let is_empty = self.registers.read(FR) & FR_RECEIVE_EMPTY != 0;
        (!is_empty).then(|| self.registers.read(DR) as u8)
    }

    fn put(&self, byte: u8) {
        while self.registers.read(FR) & FR_TRANSMIT_FULL != 0 {
            core::hint::spin_loop();
        }
        self.registers.write(DR, byte.into());
    }
}

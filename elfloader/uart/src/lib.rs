// SPDX-License-Identifier: BSD-2-Clause

//! Sends bytes on the UARTs that machines have for a console.
//!
//! Of a UART that the firmware has set up, a program that only prints wants the same of every
//! kind: to wait until a bit of a status register says that there is room for a byte, then to write
//! the byte to another register. So the kinds are rows of a table here, and one function serves
//! them all. Interrupts, buffers and line settings are left alone.
//!
//! Only a transmitter that is off is turned on: on emulated machines without firmware, nobody else
//! does, and neither does seL4.
//!
//! A UART that never has room must not stop a boot: [`Transmitter::send`] gives up after [`MAX_POLLS`].

#![no_std]
#![forbid(unsafe_code)]

use kaal_payload::{Console, ConsoleKind};

/// Times that the status register is read for a byte. A read takes a device some tens of
/// nanoseconds at least, so this is more than the millisecond that a byte takes at 9,600 baud.
pub const MAX_POLLS: u32 = 1 << 20;

/// A UART's registers, by their offset in bytes from its first one.
pub trait Registers {
    /// Reads a register.
    fn read(&self, offset: usize) -> u32;

    /// Writes a register.
    fn write(&mut self, offset: usize, value: u32);
}

/// A UART that had no room for a byte for longer than any that works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stuck;

/// Turns the transmitter of `console`, whose registers are `registers`, on, if it is of a kind that has
/// it off after a reset and nobody has turned it on since.
pub fn turn_on(console: &Console, registers: &mut impl Registers) {
    // Control_reg0.TXEN and TXDIS (Xilinx UG585, appendix B, "UART Controller").
    const CONTROL: usize = 0;
    const ENABLED: u32 = 1 << 4;
    const DISABLED: u32 = 1 << 5;

    if console.kind == ConsoleKind::Cadence {
        let control = registers.read(CONTROL);
        if control & (ENABLED | DISABLED) != ENABLED {
            registers.write(CONTROL, control & !DISABLED | ENABLED);
        }
    }
}

/// How bytes are sent on a console: where its UART says that it has room, and where it takes a
/// byte.
#[derive(Clone, Copy, Debug)]
pub struct Transmitter {
    /// Offset of the status register.
    status: usize,
    /// The bit of the status register that tells.
    mask: u32,
    /// What that bit is where there is room.
    room: u32,
    /// Offset of the register that takes bytes.
    data: usize,
}

impl Transmitter {
    /// How to send on `console`.
    pub const fn new(console: &Console) -> Self {
        let kind = Self::of_kind(console.kind);
        Self {
            status: kind.status << console.register_shift,
            data: kind.data << console.register_shift,
            ..kind
        }
    }

    /// The offsets are those of registers that follow each other without gaps.
    const fn of_kind(kind: ConsoleKind) -> Self {
        match kind {
            // UARTFR.TXFF, UARTDR (Arm DDI 0183G, "Flag Register", "Data Register").
            ConsoleKind::Pl011 => Self {
                status: 0x18,
                mask: 1 << 5,
                room: 0,
                data: 0x00,
            },
            // LSR.THRE, THR (Texas Instruments SNLS378, PC16550D, "Line Status Register").
            ConsoleKind::Ns8250 => Self {
                status: 5,
                mask: 1 << 5,
                room: 1 << 5,
                data: 0,
            },
            // UTS.TXFULL, UTXD (NXP IMX8MPRM, "UART Test Register", "UART Transmitter Register").
            ConsoleKind::Imx => Self {
                status: 0xb4,
                mask: 1 << 4,
                room: 0,
                data: 0x40,
            },
            // STAT.TDRE, DATA (NXP IMX8DQXPRM, chapter 16.13, "LPUART Status", "LPUART Data").
            ConsoleKind::Lpuart => Self {
                status: 0x14,
                mask: 1 << 23,
                room: 1 << 23,
                data: 0x1c,
            },
            // Channel_sts_reg0.TFUL, TX_RX_FIFO0 (Xilinx UG585, appendix B, "UART Controller").
            ConsoleKind::Cadence => Self {
                status: 0x2c,
                mask: 1 << 4,
                room: 0,
                data: 0x30,
            },
            // UART_STATUS, "Tx FIFO full", UART_WFIFO (Amlogic S905 Datasheet, "UART").
            ConsoleKind::Meson => Self {
                status: 0x0c,
                mask: 1 << 21,
                room: 0,
                data: 0x00,
            },
        }
    }

    /// Sends a byte as soon as there is room for one.
    ///
    /// # Errors
    ///
    /// Returns [`Stuck`] where there is none for too long.
    pub fn send(&self, byte: u8, registers: &mut impl Registers) -> Result<(), Stuck> {
        if !(0..MAX_POLLS).any(|_| registers.read(self.status) & self.mask == self.room) {
            return Err(Stuck);
        }
        registers.write(self.data, byte.into());
        Ok(())
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Sends bytes on UARTs.
//!
//! To print on a UART that the firmware has set up, a program waits until a bit of a status register says that there is
//! room, then writes a byte to another register. All kinds of UART work like this, so they are rows of a table, and one
//! function serves all. It doesn't use interrupts or buffers, and doesn't change line settings.
//!
//! [`turn_on`] turns on a transmitter that is off: on emulated machines without firmware, nobody else does, not even
//! seL4.
//!
//! A UART that never has room must not stop the boot: [`Transmitter::send`] gives up after [`MAX_POLLS`].

#![no_std]
#![forbid(unsafe_code)]

use kaal_payload::{Console, ConsoleKind};

/// How often the status register is read for a byte. A read takes some tens of nanoseconds at least, so this is longer
/// than a byte takes at 9,600 baud, one millisecond.
pub const MAX_POLLS: u32 = 1 << 20;

/// A UART's registers, by their offset in bytes from the first one.
pub trait Registers {
    /// Reads a register.
    fn read(&self, offset: usize) -> u32;

    /// Writes a register.
    fn write(&mut self, offset: usize, value: u32);
}

/// The UART had no room for a byte for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stuck;

/// Turns on the transmitter of `console`, if it may be off: that of a Cadence is off after a reset.
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

/// How to send bytes on a UART.
#[derive(Clone, Copy, Debug)]
pub struct Transmitter {
    /// Offset of the status register.
    status: usize,
    /// The bit in it that tells whether there is room.
    mask: u32,
    /// The value of that bit if there is room.
    room: u32,
    /// Offset of the register for data.
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

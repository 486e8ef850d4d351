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
        // The bit, and its value if there is room. Offsets are those of registers without gaps.
        let (status, bit, room, data) = match console.kind {
            // UARTFR.TXFF, UARTDR (Arm DDI 0183G, "Flag Register", "Data Register").
            ConsoleKind::Pl011 => (0x18, 5, 0, 0x00),
            // LSR.THRE, THR (Texas Instruments SNLS378, PC16550D, "Line Status Register").
            ConsoleKind::Ns8250 => (0x05, 5, 1, 0x00),
            // UTS.TXFULL, UTXD (NXP IMX8MPRM, "UART Test Register", "UART Transmitter Register").
            ConsoleKind::Imx => (0xb4, 4, 0, 0x40),
            // STAT.TDRE, DATA (NXP IMX8DQXPRM, chapter 16.13, "LPUART Status", "LPUART Data").
            ConsoleKind::Lpuart => (0x14, 23, 1, 0x1c),
            // Channel_sts_reg0.TFUL, TX_RX_FIFO0 (Xilinx UG585, appendix B, "UART Controller").
            ConsoleKind::Cadence => (0x2c, 4, 0, 0x30),
            // UART_STATUS, "Tx FIFO full", UART_WFIFO (Amlogic S905 Datasheet, "UART").
            ConsoleKind::Meson => (0x0c, 21, 0, 0x00),
        };
        Self {
            status: status << console.register_shift,
            mask: 1 << bit,
            room: room << bit,
            data: data << console.register_shift,
        }
    }

    /// Sends a byte as soon as there is room for one.
    ///
    /// # Errors
    ///
    /// Fails with [`Stuck`] if there is no room for too long.
    pub fn send(&self, byte: u8, registers: &mut impl Registers) -> Result<(), Stuck> {
        if !(0..MAX_POLLS).any(|_| registers.read(self.status) & self.mask == self.room) {
            return Err(Stuck);
        }
        registers.write(self.data, byte.into());
        Ok(())
    }
}

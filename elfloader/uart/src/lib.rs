// SPDX-License-Identifier: BSD-2-Clause

//! Sends bytes on UARTs.
//!
//! To print on a UART that the firmware has set up, a program waits until a bit of a status register says that there is
//! room, then writes a byte to another register. All kinds of UART work like this, so they are rows of a table, and one
//! function serves all. Three kinds need more writes for each byte. It doesn't use interrupts or buffers, and doesn't
//! change line settings.
//!
//! [`Uart::turn_on`] turns on a transmitter that is off: on emulated machines without firmware, nobody else does, not even
//! seL4.
//!
//! A UART that never has room must not stop the boot: [`Uart::send`] gives up after [`MAX_POLLS`].
//!
//! A UART queues the bytes that it has taken. Without power, it would lose them: [`Uart::drain`] waits until all of them
//! are on the line.

#![no_std]
#![forbid(unsafe_code)]

use kaal_payload::{AccessSize, Console, ConsoleKind, PhysAddr};

/// How often the status register is read for a byte. A read takes some tens of nanoseconds at least, so this is longer
/// than a byte takes at 9,600 baud, one millisecond.
pub const MAX_POLLS: u32 = 1 << 20;

/// Accesses a UART's registers.
pub trait Registers {
    /// Reads a register of this size.
    fn read(&self, address: PhysAddr, size: AccessSize) -> u32;

    /// Writes a register of this size.
    fn write(&mut self, address: PhysAddr, size: AccessSize, value: u32);
}

/// The UART had no room for a byte for too long, or didn't send all bytes in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stuck;

/// A bit of a status register and the value to wait for, in one byte: the number of the bit, plus 32 times its value.
#[derive(Clone, Copy, Debug)]
struct Bit(u8);

/// The bit with this number, when it is 1.
const fn set(number: u8) -> Bit {
    Bit(u32::BITS as u8 + number)
}

/// The bit with this number, when it is 0.
const fn clear(number: u8) -> Bit {
    Bit(number)
}

impl Bit {
    /// Whether the bit has its value in `status`.
    const fn is_in(self, status: u32) -> bool {
        let bit = self.0 as u32;
        (status.wrapping_shr(bit) ^ (bit / u32::BITS)) & 1 == 0
    }
}

/// The register for data of a SCIF, which has 8 bits. The others have 16.
const SCIF_DATA: u16 = 3;

/// The registers of a kind of UART. Offsets are those of registers without gaps.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// The status register.
    status: u16,
    /// The register for data.
    data: u16,
    /// There is room for a byte if both bits of the status register have their values.
    room: [Bit; 2],
    /// All bytes are on the line if these have theirs.
    idle: [Bit; 2],
}

impl Layout {
    const fn new(status: u16, data: u16, room: Bit, idle: [Bit; 2]) -> Self {
        Self {
            status,
            data,
            room: [room; 2],
            idle,
        }
    }

    /// The registers of this kind. Where no manual is public, the source is Linux' driver.
    const fn of(kind: ConsoleKind) -> Self {
        match kind {
            // UARTFR, UARTDR; TXFF; BUSY (Arm DDI 0183G, "Flag Register", "Data Register").
            ConsoleKind::Pl011 => Self::new(0x18, 0x00, clear(5), [clear(3); 2]),
            // LSR, THR; THRE; TEMT (Texas Instruments SNLS378, PC16550D, "Line Status Register").
            ConsoleKind::Ns8250 => Self::new(0x05, 0x00, set(5), [set(6); 2]),
            // USR2, UTXD; TXFE; TXDC (NXP IMX8MPRM, "UART Status Register 2", "UART Transmitter Register").
            ConsoleKind::Imx => Self::new(0x98, 0x40, set(14), [set(3); 2]),
            // STAT, DATA; TDRE; TC (NXP IMX8DQXPRM, chapter 16.13, "LPUART Status", "LPUART Data").
            ConsoleKind::Lpuart => Self::new(0x14, 0x1c, set(23), [set(22); 2]),
            // Channel_sts_reg0, TX_RX_FIFO0; TFUL; TEMPTY, TACTIVE (Xilinx UG585, appendix B, "UART Controller").
            ConsoleKind::Cadence => Self::new(0x2c, 0x30, clear(4), [set(3), clear(11)]),
            // UART_STATUS, UART_WFIFO; "Tx FIFO full"; "Tx FIFO empty", "Transmit busy" (Amlogic S905 Datasheet,
            // "UART").
            ConsoleKind::Meson => Self::new(0x0c, 0x00, clear(21), [set(22), clear(25)]),
            // ISR, TDR; TXFNF; TC (STMicroelectronics RM0433, "USART interrupt and status register").
            ConsoleKind::Stm32 => Self::new(0x1c, 0x28, set(7), [set(6); 2]),
            // SE_GENI_STATUS, SE_GENI_TX_FIFO; M_GENI_CMD_ACTIVE, of the command that sends the byte before (Linux,
            // `qcom_geni_serial.c`).
            ConsoleKind::Geni => Self::new(0x40, 0x700, clear(0), [clear(0); 2]),
            // UART_DM_SR, UART_DM_TF; TXEMT (Qualcomm APQ8016E Technical Reference Manual, "UART_DM").
            ConsoleKind::UartDm => Self::new(0xa4, 0x100, set(3), [set(3); 2]),
            // FSR, FTDR; TDFE; TEND (Renesas R-Car Series, 3rd Generation, "SCIF").
            ConsoleKind::Scif => Self::new(4, SCIF_DATA, set(5), [set(6); 2]),
            // Status, "Transmitter Holding"; "TX FIFO full"; "TX empty" (Linux, `mvebu-uart.c`).
            ConsoleKind::Armada3700 => Self::new(0x0c, 0x04, clear(11), [set(6); 2]),
            // UTRSTAT, UTXH; "Transmitter empty" (Samsung Exynos 4412 User's Manual, "UART"). Another register tells
            // whether the FIFO is full, but means nothing if the FIFO is off.
            ConsoleKind::Samsung => Self::new(0x10, 0x20, set(2), [set(2); 2]),
        }
    }
}

/// A UART that the firmware has set up.
#[derive(Clone, Copy, Debug)]
pub struct Uart<R> {
    /// The UART.
    pub console: Console,
    /// The access to its registers.
    pub registers: R,
}

impl<R: Registers> Uart<R> {
    /// Turns on the transmitter, if it may be off: that of a Cadence is off after a reset.
    pub fn turn_on(&mut self) {
        // Control_reg0.TXEN and TXDIS (Xilinx UG585, appendix B, "UART Controller").
        const CONTROL: u16 = 0;
        const ENABLED: u32 = 1 << 4;
        const DISABLED: u32 = 1 << 5;

        if self.console.kind == ConsoleKind::Cadence {
            let control = self.read(CONTROL);
            if control & (ENABLED | DISABLED) != ENABLED {
                self.write(CONTROL, control & !DISABLED | ENABLED);
            }
        }
    }

    /// Sends a byte as soon as there is room for one.
    ///
    /// # Errors
    ///
    /// Fails with [`Stuck`] if there is no room for too long.
    pub fn send(&mut self, byte: u8) -> Result<(), Stuck> {
        let layout = Layout::of(self.console.kind);
        if !(0..MAX_POLLS).any(|_| self.has(layout.room, layout)) {
            return Err(Stuck);
        }
        match self.console.kind {
            // A byte takes a command. SE_UART_TX_TRANS_LEN, SE_GENI_M_CMD0.
            ConsoleKind::Geni => {
                self.write(0x270, 1);
                self.write(0x600, 1 << 27);
            }
            // UART_DM_NO_CHARS_FOR_TX announces a byte.
            ConsoleKind::UartDm => self.write(0x40, 1),
            _ => {}
        }
        self.write(layout.data, byte.into());
        if self.console.kind == ConsoleKind::Scif {
            // The UART only sets TDFE and TEND. Ones leave the other flags alone.
            self.write(layout.status, !(1 << 5 | 1 << 6));
        }
        Ok(())
    }

    /// Waits until all bytes are on the line.
    ///
    /// # Errors
    ///
    /// Fails with [`Stuck`] as soon as `is_too_late` says so.
    pub fn drain(&self, mut is_too_late: impl FnMut() -> bool) -> Result<(), Stuck> {
        let layout = Layout::of(self.console.kind);
        while !self.has(layout.idle, layout) {
            if is_too_late() {
                return Err(Stuck);
            }
        }
        Ok(())
    }

    /// Whether both bits of the status register have their value.
    #[inline(never)]
    fn has(&self, bits: [Bit; 2], layout: Layout) -> bool {
        let status = self.read(layout.status);
        let [first, second] = bits;
        first.is_in(status) & second.is_in(status)
    }

    #[inline(never)]
    fn read(&self, offset: u16) -> u32 {
        let size = self.console.access_size;
        self.registers.read(self.at(offset), size)
    }

    #[inline(never)]
    fn write(&mut self, offset: u16, value: u32) {
        let size = match self.console.kind {
            // This register has 8 bits, the others 16.
            ConsoleKind::Scif if offset == SCIF_DATA => AccessSize::Byte,
            _ => self.console.access_size,
        };
        self.registers.write(self.at(offset), size, value);
    }

    fn at(&self, offset: u16) -> PhysAddr {
        let distance = u64::from(offset) << self.console.register_shift;
        PhysAddr(self.console.base.0.wrapping_add(distance))
    }
}

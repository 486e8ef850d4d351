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
    /// The bit.
    const fn mask(self) -> u32 {
        1u32.wrapping_shl(self.0 as u32)
    }

    /// The bit if it is to be 1, else 0.
    const fn value(self) -> u32 {
        (self.0 as u32 / u32::BITS).wrapping_shl(self.0 as u32)
    }
}

/// The status register of a SCIF.
const SCIF_STATUS: u16 = 4;

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
            ConsoleKind::Scif => Self::new(SCIF_STATUS, 3, set(5), [set(6); 2]),
            // Status, "Transmitter Holding"; "TX FIFO full"; "TX empty" (Linux, `mvebu-uart.c`).
            ConsoleKind::Armada3700 => Self::new(0x0c, 0x04, clear(11), [set(6); 2]),
            // UTRSTAT, UTXH; "Transmitter empty" (Samsung Exynos 4412 User's Manual, "UART"). Another register tells
            // whether the FIFO is full, but means nothing if the FIFO is off.
            ConsoleKind::Samsung => Self::new(0x10, 0x20, set(2), [set(2); 2]),
        }
    }
}

/// Bits of the status register, and their values to wait for.
#[derive(Clone, Copy, Debug)]
struct Condition {
    mask: u32,
    value: u32,
}

impl Condition {
    const fn of([one, other]: [Bit; 2]) -> Self {
        Self {
            mask: one.mask() | other.mask(),
            value: one.value() | other.value(),
        }
    }
}

/// A UART that the firmware has set up.
#[derive(Clone, Copy, Debug)]
pub struct Uart<R> {
    /// The access to its registers.
    pub registers: R,
    // The fields of a console. To copy it whole would copy its padding, byte by byte.
    kind: ConsoleKind,
    base: PhysAddr,
    register_shift: u8,
    access_size: AccessSize,
    status: PhysAddr,
    data: PhysAddr,
    data_size: AccessSize,
    room: Condition,
    idle: Condition,
}

impl<R: Registers> Uart<R> {
    /// The UART `console`, whose registers `registers` accesses.
    #[inline(never)]
    pub fn new(console: &Console, registers: R) -> Self {
        let layout = Layout::of(console.kind);
        Self {
            registers,
            kind: console.kind,
            base: console.base,
            register_shift: console.register_shift,
            access_size: console.access_size,
            status: at(console.base, layout.status, console.register_shift),
            data: at(console.base, layout.data, console.register_shift),
            // A SCIF's registers have 16 bits, but this one.
            data_size: match console.kind {
                ConsoleKind::Scif => AccessSize::Byte,
                _ => console.access_size,
            },
            room: Condition::of(layout.room),
            idle: Condition::of(layout.idle),
        }
    }

    /// Turns on the transmitter, if it may be off: that of a Cadence is off after a reset.
    pub fn turn_on(&mut self) {
        // Control_reg0.TXEN and TXDIS (Xilinx UG585, appendix B, "UART Controller").
        const CONTROL: u16 = 0;
        const ENABLED: u32 = 1 << 4;
        const DISABLED: u32 = 1 << 5;

        if self.kind == ConsoleKind::Cadence {
            let size = self.access_size;
            let control = self.registers.read(self.at(CONTROL), size);
            if control & (ENABLED | DISABLED) != ENABLED {
                self.write(CONTROL, control & !DISABLED | ENABLED);
            }
        }
    }

    /// Sends each byte as soon as there is room for it.
    ///
    /// # Errors
    ///
    /// Fails with [`Stuck`] if there is no room for too long.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Stuck> {
        match self.kind {
            ConsoleKind::Geni | ConsoleKind::UartDm | ConsoleKind::Scif => {
                self.send_in_steps(bytes)
            }
            _ => self.send_simply(bytes),
        }
    }

    /// Sends bytes that take a single write each.
    #[inline(never)]
    fn send_simply(&mut self, bytes: &[u8]) -> Result<(), Stuck> {
        for &byte in bytes {
            let mut polls = 0;
            while !self.is(self.room) {
                polls += 1;
                if polls == MAX_POLLS {
                    return Err(Stuck);
                }
            }
            self.registers.write(self.data, self.data_size, byte.into());
        }
        Ok(())
    }

    /// Sends bytes that take more.
    #[inline(never)]
    fn send_in_steps(&mut self, bytes: &[u8]) -> Result<(), Stuck> {
        for &byte in bytes {
            let mut polls = 0;
            self.wait(self.room, || {
                polls += 1;
                polls == MAX_POLLS
            })?;
            match self.kind {
                // A byte takes a command. SE_UART_TX_TRANS_LEN, SE_GENI_M_CMD0.
                ConsoleKind::Geni => {
                    self.write(0x270, 1);
                    self.write(0x600, 1 << 27);
                }
                // UART_DM_NO_CHARS_FOR_TX announces a byte.
                ConsoleKind::UartDm => self.write(0x40, 1),
                _ => {}
            }
            self.registers.write(self.data, self.data_size, byte.into());
            if self.kind == ConsoleKind::Scif {
                // The UART only sets TDFE and TEND. Ones leave the other flags alone.
                self.write(SCIF_STATUS, !(1 << 5 | 1 << 6));
            }
        }
        Ok(())
    }

    /// Waits until all bytes are on the line.
    ///
    /// # Errors
    ///
    /// Fails with [`Stuck`] as soon as `is_too_late` says so.
    pub fn drain(&self, is_too_late: impl FnMut() -> bool) -> Result<(), Stuck> {
        self.wait(self.idle, is_too_late)
    }

    /// Waits until the status register meets a condition.
    fn wait(
        &self,
        condition: Condition,
        mut is_too_late: impl FnMut() -> bool,
    ) -> Result<(), Stuck> {
        while !self.is(condition) {
            if is_too_late() {
                return Err(Stuck);
            }
        }
        Ok(())
    }

    /// Whether the status register meets a condition. Inlined, because most instructions of a short boot are here.
    #[inline(always)]
    fn is(&self, condition: Condition) -> bool {
        let status = self.registers.read(self.status, self.access_size);
        status & condition.mask == condition.value
    }

    #[inline(never)]
    fn write(&mut self, offset: u16, value: u32) {
        let size = self.access_size;
        self.registers.write(self.at(offset), size, value);
    }

    fn at(&self, offset: u16) -> PhysAddr {
        at(self.base, offset, self.register_shift)
    }
}

/// The register at `offset`.
fn at(base: PhysAddr, offset: u16, register_shift: u8) -> PhysAddr {
    PhysAddr(base.0.wrapping_add(u64::from(offset) << register_shift))
}

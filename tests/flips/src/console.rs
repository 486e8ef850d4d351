// SPDX-License-Identifier: BSD-2-Clause

//! The console, for this program's reports.

use core::fmt::{self, Write};
use core::ptr::NonNull;

use arm_pl011_uart::{PL011Registers, Uart, UniqueMmioPointer};

/// The UART of QEMU's virt machine.
pub(crate) const UART_BASE: u64 = 0x900_0000;

macro_rules! println {
    ($($argument:tt)+) => {
        $crate::console::line(format_args!($($argument)+))
    };
}

pub(crate) use println;

/// Prints a line.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    let registers: *mut PL011Registers = core::ptr::with_exposed_provenance_mut(UART_BASE as usize);
    let registers = NonNull::new(registers).unwrap_or(NonNull::dangling());
    // SAFETY: the UART is here, and nothing else uses it: images can't reach it.
    let mut uart = Uart::new(unsafe { UniqueMmioPointer::new(registers) });
    // Sending can't fail.
    let _ = writeln!(uart, "{text}");
}

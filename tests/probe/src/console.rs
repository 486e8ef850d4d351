// SPDX-License-Identifier: BSD-2-Clause

//! The console of QEMU's virt machine. Like seL4, the probe is built for one platform.

use core::fmt::{self, Write};
use core::ptr::NonNull;

use arm_pl011_uart::{PL011Registers, Uart, UniqueMmioPointer};

use crate::image;

/// Physical address of the UART.
pub(crate) const UART_BASE: u64 = 0x900_0000;

macro_rules! println {
    ($($argument:tt)+) => {
        $crate::console::line(format_args!($($argument)+))
    };
}

pub(crate) use println;

/// Prints a line, under the probe's own translation.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    let mut uart = uart();
    // Sending can't fail.
    let _ = write!(uart, "{text}\r\n");
}

/// Sends a byte for the user image.
pub(crate) fn send(byte: u8) {
    uart().write_word(byte);
}

fn uart() -> Uart<'static> {
    let address = (image::window_base() + UART_BASE) as usize;
    let registers: *mut PL011Registers = core::ptr::with_exposed_provenance_mut(address);
    let registers = NonNull::new(registers).unwrap_or(NonNull::dangling());
    // SAFETY: the probe's translation maps the UART here, and one core uses it.
    Uart::new(unsafe { UniqueMmioPointer::new(registers) })
}

// SPDX-License-Identifier: BSD-2-Clause

//! The console of QEMU's virt machine.

use core::fmt::Write;
use core::ptr::NonNull;

use arm_pl011_uart::{PL011Registers, Uart, UniqueMmioPointer};

const UART_BASE: usize = 0x900_0000;

/// Prints names of registers, on one core only.
pub(crate) struct Names(Option<Uart<'static>>);

impl Names {
    pub(crate) fn new(is_first_core: bool) -> Self {
        let registers: *mut PL011Registers = core::ptr::with_exposed_provenance_mut(UART_BASE);
        let registers = NonNull::new(registers).filter(|_| is_first_core);
        // SAFETY: the UART is here, and one core uses it.
        Self(registers.map(|registers| Uart::new(unsafe { UniqueMmioPointer::new(registers) })))
    }

    /// Prints a line about a register.
    pub(crate) fn add(&mut self, name: &str, fate: &str) {
        if let Some(uart) = &mut self.0 {
            // Sending can't fail.
            let _ = write!(uart, "poison: {name} {fate}\r\n");
        }
    }
}

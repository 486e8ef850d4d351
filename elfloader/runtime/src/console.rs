// SPDX-License-Identifier: BSD-2-Clause

//! The console: the UART that the device tree names, without interrupts or buffers.

use core::fmt::{self, Write};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use arm_pl011_uart::{PL011Registers, Uart, UniqueMmioPointer};
use kaal_payload::{Console, ConsoleKind, LogLevel};

use crate::state;

/// Prints a line when the payload's log level is the given one or a later one.
#[macro_export]
macro_rules! log {
    ($level:expr, $($argument:tt)+) => {
        if $crate::console::is_logged($level) {
            $crate::console::line(format_args!($($argument)+));
        }
    };
}

/// A UART that the loader can print on. Its line settings are those that the firmware made.
trait Transmitter {
    /// Sends a byte, waiting until the UART takes it.
    fn send(&mut self, byte: u8);
}

impl Transmitter for Uart<'_> {
    fn send(&mut self, byte: u8) {
        while self.is_tx_fifo_full() {}
        self.write_word(byte);
    }
}

/// Sends text, with the line ends that terminals expect.
struct Terminal<T>(T);

impl<T: Transmitter> Write for Terminal<T> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.0.send(b'\r');
            }
            self.0.send(byte);
        }
        Ok(())
    }

    /// Digits are written so: without what UTF-8 would take.
    fn write_char(&mut self, digit: char) -> fmt::Result {
        self.0.send(digit as u8);
        Ok(())
    }
}

static LEVEL: AtomicU8 = AtomicU8::new(LogLevel::Info as u8);

/// Sets how much is logged.
pub fn set_level(level: LogLevel) {
    LEVEL.store(level as u8, Relaxed);
}

/// Whether messages of this level are printed.
pub fn is_logged(level: LogLevel) -> bool {
    level as u8 <= LEVEL.load(Relaxed)
}

/// Prints a line, if there is a console.
pub fn line(text: fmt::Arguments<'_>) {
    print(text);
    print(format_args!("\n"));
}

/// Prints text, if there is a console.
///
/// Text without arguments takes a way that needs no pointer of the image, and so no relocation:
/// it is readable even where the image lies at another address than it was built for.
pub fn print(text: fmt::Arguments<'_>) {
    let Some(console) = state::machine().console else {
        return;
    };
    let mut terminal = Terminal(open(console));
    // Sending can't fail.
    let _ = match text.as_str() {
        Some(text) => terminal.write_str(text),
        None => terminal.write_fmt(text),
    };
}

fn open(console: Console) -> impl Transmitter {
    match console.kind {
        ConsoleKind::Pl011 => {
            let registers = core::ptr::with_exposed_provenance_mut(console.base.0 as usize);
            let registers: NonNull<PL011Registers> =
                NonNull::new(registers).unwrap_or(NonNull::dangling());
            // SAFETY: the device tree names a PL011 at this address. Nothing else in the loader
            // uses it, and the kernel that will is not running yet.
            Uart::new(unsafe { UniqueMmioPointer::new(registers) })
        }
    }
}

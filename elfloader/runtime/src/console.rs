// SPDX-License-Identifier: BSD-2-Clause

//! The console: prints on a UART by polling.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use kaal_payload::{AccessSize, LogLevel, Machine, PhysAddr};
use kaal_uart::{Registers, Uart};

use crate::clock::Limit;
use crate::{state, translation};

/// Prints a line if the log level includes `level`.
#[macro_export]
macro_rules! log {
    ($level:expr, $($argument:tt)+) => {
        if $crate::console::is_logged($level) {
            $crate::console::line(format_args!($($argument)+));
        }
    };
}

/// The registers of devices.
struct Device;

impl Registers for Device {
    fn read(&self, address: PhysAddr, size: AccessSize) -> u32 {
        // SAFETY: the device tree says that a UART is at this address. Nothing else uses it before the kernel runs.
        unsafe { kaal_device::read(address, size) }
    }

    fn write(&mut self, address: PhysAddr, size: AccessSize, value: u32) {
        // SAFETY: as for reading.
        unsafe { kaal_device::write(address, size, value) }
    }
}

/// Sends text to the console.
struct Terminal(Uart<Device>);

impl Terminal {
    /// The machine's console.
    #[inline(never)]
    fn current() -> Option<Self> {
        let machine = state::machine();
        Some(Self(Uart::new(machine.console.as_ref()?, Device)))
    }

    fn send(&mut self, bytes: &[u8]) -> fmt::Result {
        self.0.send(bytes).map_err(|_| fmt::Error)
    }
}

impl Write for Terminal {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.send(text.as_bytes())
    }

    /// Sends a character in ASCII. Numbers are printed like this, which saves the code for UTF-8.
    fn write_char(&mut self, digit: char) -> fmt::Result {
        self.send(&[digit as u8])
    }
}

static LEVEL: AtomicU8 = AtomicU8::new(LogLevel::Info as u8);

/// Sets the log level.
pub fn set_level(level: LogLevel) {
    LEVEL.store(level as u8, Relaxed);
}

/// Whether the log level includes `level`.
pub fn is_logged(level: LogLevel) -> bool {
    level as u8 <= LEVEL.load(Relaxed)
}

/// Turns on the console of `machine`, and prints on it from now on.
#[inline(never)]
pub fn start(machine: &Machine) {
    state::set_machine(machine);
    if let Some(mut terminal) = Terminal::current() {
        translation::without(|| terminal.0.turn_on());
    }
}

/// Waits until everything printed is on the line: without power, a UART loses the bytes that it holds.
pub fn drain() {
    if let Some(Terminal(uart)) = Terminal::current() {
        let mut limit = Limit::begin();
        // The power is turned off anyway.
        let _ = translation::without(|| uart.drain(|| limit.is_over()));
    }
}

/// Prints a line, if there is a console. It ends as terminals expect.
pub fn line(text: fmt::Arguments<'_>) {
    print(text);
    print(format_args!("\r\n"));
}

/// Prints text, if there is a console. Stops using a console that takes no more bytes.
///
/// Text without arguments is printed without a pointer in the image. So it needs no relocations, and appears even if
/// the image lies at a wrong address.
pub fn print(text: fmt::Arguments<'_>) {
    let Some(mut terminal) = Terminal::current() else {
        return;
    };
    let sent = translation::without(|| match text.as_str() {
        Some(text) => terminal.write_str(text),
        None => terminal.write_fmt(text),
    });
    if sent.is_err() {
        state::set_machine(&Machine {
            console: None,
            ..state::machine()
        });
    }
}

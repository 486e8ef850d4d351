// SPDX-License-Identifier: BSD-2-Clause

//! The console: prints on a UART by polling.

use core::fmt::{self, Write};
use core::ptr;
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use kaal_payload::{AccessSize, Console, LogLevel, Machine};
use kaal_uart::{Registers, Transmitter};

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

/// The console's registers.
struct Device(Console);

impl Device {
    fn register<T>(&self, offset: usize) -> *mut T {
        ptr::with_exposed_provenance_mut(self.0.base.0 as usize + offset)
    }
}

impl Registers for Device {
    fn read(&self, offset: usize) -> u32 {
        // SAFETY: the device tree says that this UART is at this address. Nothing else uses it before the kernel runs.
        unsafe {
            match self.0.access_size {
                AccessSize::Byte => self.register::<u8>(offset).read_volatile().into(),
                AccessSize::HalfWord => self.register::<u16>(offset).read_volatile().into(),
                AccessSize::Word => self.register::<u32>(offset).read_volatile(),
            }
        }
    }

    fn write(&mut self, offset: usize, value: u32) {
        // SAFETY: as for reading.
        unsafe {
            match self.0.access_size {
                AccessSize::Byte => self.register::<u8>(offset).write_volatile(value as u8),
                AccessSize::HalfWord => self.register::<u16>(offset).write_volatile(value as u16),
                AccessSize::Word => self.register::<u32>(offset).write_volatile(value),
            }
        }
    }
}

/// Sends text to the console.
struct Terminal {
    transmitter: Transmitter,
    device: Device,
}

impl Terminal {
    fn send(&mut self, bytes: &[u8]) -> fmt::Result {
        bytes
            .iter()
            .try_for_each(|&byte| self.transmitter.send(byte, &mut self.device))
            .map_err(|_| fmt::Error)
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
    if let Some(console) = machine.console {
        translation::without(|| kaal_uart::turn_on(&console, &mut Device(console)));
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
    let Some(console) = state::machine().console else {
        return;
    };
    let mut terminal = Terminal {
        transmitter: Transmitter::new(&console),
        device: Device(console),
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

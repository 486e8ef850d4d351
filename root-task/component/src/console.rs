// SPDX-License-Identifier: BSD-2-Clause

//! The console, which uses the service `serial`.

use core::fmt;

use kaal_protocol::{Refusal, Serial, Text};

use crate::service::Client;

/// Collects text and prints it line by line. The component's entry in `system.toml` must contain
/// `needs = ["serial"]`.
///
/// ```no_run
/// use core::fmt::Write;
///
/// use kaal_component::{Console, Failure};
///
/// fn run() -> Result<(), Failure> {
///     let mut console = Console::open()?;
///     writeln!(console, "{} plus {} is {}", 1, 2, 1 + 2)?;
///     // A line that isn't complete.
///     write!(console, "> ")?;
///     console.flush()?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Console {
    serial: Client<Serial>,
    line: Text,
}

impl Console {
    /// Opens the console.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need the service `serial`.
    pub fn open() -> Result<Self, Refusal> {
        let serial = Client::lookup("serial")?;
        let line = Text::default();
        Ok(Self { serial, line })
    }

    /// Returns another console with text of its own.
    pub(crate) fn another(&self) -> Self {
        Self {
            serial: self.serial,
            line: Text::default(),
        }
    }

    /// Prints the collected text, even if its line is incomplete.
    pub fn flush(&mut self) -> fmt::Result {
        let line = core::mem::take(&mut self.line);
        let printed = self.serial.call(Serial::Write, line);
        printed.map_err(|_| fmt::Error)
    }
}

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if !self.line.push(byte) {
                self.flush()?;
                self.line.push(byte);
            }
            if byte == b'\n' {
                self.flush()?;
            }
        }
        Ok(())
    }
}

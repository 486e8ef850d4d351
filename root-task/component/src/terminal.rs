// SPDX-License-Identifier: BSD-2-Clause

//! The driver's side of the console.

use kaal_payload::{AccessSize, Console, ConsoleKind, PhysAddr};
use kaal_protocol::{Author, ConsoleRights, Lines, Reader, Refusal, Request, Text};
use kaal_uart::Uart;

use crate::broker;
use crate::registers::Registers;

/// What the driver of the console prints: the texts of its clients, and the root task's log. Each
/// line of a client begins with the client's name. Control characters are a right of the client.
#[derive(Debug)]
pub struct Terminal {
    lines: Lines,
    /// The event of new text in the log.
    pub event: u64,
    model: [u64; 3],
}

impl Terminal {
    /// Lets the component, which must have the console's registers, print the root task's log.
    ///
    /// # Errors
    ///
    /// Fails if it doesn't have the registers, or did so before.
    pub fn open() -> Result<Self, Refusal> {
        let [event, kind, shift, size, ..] = broker::request(&Request::OpenLog)?;
        Ok(Self {
            lines: Lines::default(),
            event,
            model: [kind, shift, size],
        })
    }

    /// Returns the console's UART, of any kind that KaaL knows. It can't receive.
    ///
    /// # Errors
    ///
    /// Fails if `registers` aren't those of the console.
    pub fn uart(&self, registers: Registers) -> Result<Uart<Registers>, Refusal> {
        let [kind, register_shift, access_size] = self.model;
        let kind = u8::try_from(kind).ok().and_then(ConsoleKind::from_wire);
        let console = Console {
            kind: kind.ok_or(Refusal::NotFound)?,
            base: PhysAddr(registers.address as u64),
            register_shift: u8::try_from(register_shift).map_err(|_| Refusal::NotFound)?,
            access_size: AccessSize::from_bytes(access_size).ok_or(Refusal::NotFound)?,
        };
        Ok(Uart::new(&console, registers))
    }

    /// Passes the bytes to send for the text of a client, given by its badge, to `send`.
    ///
    /// # Errors
    ///
    /// Fails if there is no such client.
    pub fn print(&mut self, badge: u64, text: &Text, send: impl FnMut(u8)) -> Result<(), Refusal> {
        let (rights, name) = client(badge)?;
        let author = Author {
            number: badge,
            name: Some(name.as_str()),
            may_control: rights.control,
        };
        self.lines.print(&author, text.as_bytes(), send);
        Ok(())
    }

    /// Passes the bytes to send for the root task's log to `send`.
    ///
    /// # Errors
    ///
    /// Fails if the component doesn't drive the console.
    pub fn print_log(&mut self, mut send: impl FnMut(u8)) -> Result<(), Refusal> {
        loop {
            let text = broker::request_text(&Request::ReadLog)?;
            if text.as_bytes().is_empty() {
                return Ok(());
            }
            self.lines.print(&Author::ROOT, text.as_bytes(), &mut send);
        }
    }

    /// Checks that a client, given by its badge, may read what is typed.
    ///
    /// # Errors
    ///
    /// Fails if the client's entry in `system.toml` lacks `console = ["read"]`.
    pub fn check_reader(&self, badge: u64) -> Result<(), Refusal> {
        match client(badge)?.0.read {
            true => Ok(()),
            false => Err(Refusal::NotConfigured),
        }
    }
}

/// Returns the rights and the name of a client.
fn client(client: u64) -> Result<(ConsoleRights, Text), Refusal> {
    broker::request_words(&Request::Client(client), |words| {
        let mut words = Reader::new(words);
        let rights = ConsoleRights::from_word(words.word()?);
        Ok((rights, words.text()?))
    })
}

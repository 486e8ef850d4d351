// SPDX-License-Identifier: BSD-2-Clause

//! Sends bytes to simulated registers of each kind of UART.

mod manuals;

use std::cell::Cell;
use std::collections::VecDeque;

use kaal_payload::{AccessSize, Console, ConsoleKind, PhysAddr};
use kaal_uart::{MAX_POLLS, Registers, Stuck, Uart};

use manuals::{MANUALS, Manual, Write};

const BASE: u64 = 0x900_0000;

impl Manual {
    fn uart<R: Registers>(&self, registers: R) -> Uart<R> {
        let console = Console {
            kind: self.kind,
            base: PhysAddr(BASE),
            register_shift: self.register_shift,
            access_size: self.access_size,
        };
        Uart::new(&console, registers)
    }

    /// The writes that send a byte.
    fn writes(&self, byte: u8) -> Vec<Write> {
        let data = (self.data, self.data_size, byte.into());
        [self.before, &[data], self.after].concat()
    }
}

/// Registers of which one changes its value after some reads.
struct Fake {
    /// The status register.
    status: u64,
    size: AccessSize,
    full: u32,
    ready: u32,
    ready_after: u32,
    reads: Cell<u32>,
    written: Vec<Write>,
}

impl Fake {
    fn new(manual: &Manual, ready_after: u32) -> Self {
        Self {
            status: manual.status,
            size: manual.access_size,
            full: manual.full,
            ready: *manual.sending.first().unwrap_or(&manual.idle),
            ready_after,
            reads: Cell::new(0),
            written: Vec::new(),
        }
    }
}

impl Registers for Fake {
    fn read(&self, address: PhysAddr, size: AccessSize) -> u32 {
        assert_eq!((address.0 - BASE, size), (self.status, self.size));
        self.reads.set(self.reads.get() + 1);
        if self.reads.get() > self.ready_after {
            self.ready
        } else {
            self.full
        }
    }

    fn write(&mut self, address: PhysAddr, size: AccessSize, value: u32) {
        let value = value & u32::MAX >> (32 - 8 * size as u32);
        self.written.push((address.0 - BASE, size, value));
    }
}

#[test]
#[cfg_attr(miri, ignore = "a million reads")]
fn a_byte_is_sent_as_soon_as_there_is_room() {
    for manual in &MANUALS {
        for ready_after in [0, 1, 1000, MAX_POLLS - 1] {
            let mut uart = manual.uart(Fake::new(manual, ready_after));
            assert_eq!(uart.send(b"K"), Ok(()), "{:?}", manual.kind);
            assert_eq!(uart.registers.reads.get(), ready_after + 1);
            assert_eq!(uart.registers.written, manual.writes(b'K'));
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "a million reads")]
fn a_uart_that_never_has_room_is_given_up() {
    for manual in &MANUALS {
        let mut uart = manual.uart(Fake::new(manual, u32::MAX));
        assert_eq!(uart.send(b"K"), Err(Stuck), "{:?}", manual.kind);
        assert_eq!(uart.registers.reads.get(), MAX_POLLS);
        assert_eq!(uart.registers.written, []);
    }
}

/// A UART that takes some reads to send a byte.
struct Slow<'a> {
    manual: &'a Manual,
    reads: Cell<usize>,
    /// Bytes in the FIFO and the shift register.
    held: Cell<VecDeque<u8>>,
    line: Cell<Vec<u8>>,
}

impl Slow<'_> {
    /// The reads that a byte takes.
    const PACE: usize = 100;

    fn new(manual: &Manual) -> Slow<'_> {
        Slow {
            manual,
            reads: Cell::default(),
            held: Cell::default(),
            line: Cell::default(),
        }
    }

    fn go_on(&self, held: &mut VecDeque<u8>) {
        let reads = self.reads.get() + 1;
        self.reads.set(reads);
        if reads.is_multiple_of(Self::PACE) {
            let mut line = self.line.take();
            line.extend(held.pop_front());
            self.line.set(line);
        }
    }
}

impl Registers for Slow<'_> {
    fn read(&self, _: PhysAddr, _: AccessSize) -> u32 {
        let Manual { sending, .. } = self.manual;
        /// The FIFO's depth.
        const DEPTH: usize = 16;

        let mut held = self.held.take();
        self.go_on(&mut held);
        let count = held.len();
        self.held.set(held);
        match count {
            0 => self.manual.idle,
            DEPTH.. => self.manual.full,
            _ if sending.is_empty() => self.manual.full,
            _ => sending[self.reads.get() % sending.len()],
        }
    }

    fn write(&mut self, address: PhysAddr, _: AccessSize, value: u32) {
        if address.0 - BASE == self.manual.data {
            self.held.get_mut().push_back(value as u8);
        }
    }
}

#[test]
fn a_drained_uart_has_sent_all_bytes() {
    const TEXT: &[u8] = b"KaaL: powering off\r\n";

    for manual in &MANUALS {
        let mut uart = manual.uart(Slow::new(manual));
        for &byte in TEXT {
            assert_eq!(uart.send(&[byte]), Ok(()), "{:?}", manual.kind);
        }
        let held = uart.registers.held.get_mut().len();
        assert!(held > 0, "{:?} was never slow", manual.kind);

        let mut looks = 0;
        let drained = uart.drain(|| {
            looks += 1;
            looks > TEXT.len() * Slow::PACE
        });
        assert_eq!(drained, Ok(()), "{:?}", manual.kind);
        let line = uart.registers.line.take().escape_ascii().to_string();
        assert_eq!(line, TEXT.escape_ascii().to_string(), "{:?}", manual.kind);
    }
}

#[test]
fn a_uart_that_never_drains_is_given_up_in_time() {
    for manual in &MANUALS {
        let uart = manual.uart(Fake::new(manual, u32::MAX));
        let mut looks = 0;
        let drained = uart.drain(|| {
            looks += 1;
            looks == 1000
        });
        assert_eq!(drained, Err(Stuck), "{:?}", manual.kind);
        assert_eq!(uart.registers.reads.get(), 1000);
    }
}

/// A Cadence UART's control register, before and after.
#[test]
fn a_transmitter_is_turned_on_once() {
    for (before, after) in [
        (0x128, Some(0x118)),
        (0x100, Some(0x110)),
        (0x114, None),
        (0x134, Some(0x114)),
    ] {
        let mut manuals = MANUALS.iter();
        let cadence = manuals.find(|manual| manual.kind == ConsoleKind::Cadence);
        let cadence = cadence.unwrap();
        let control = Fake {
            status: 0,
            ready: before,
            ..Fake::new(cadence, 0)
        };
        let mut uart = cadence.uart(control);
        uart.turn_on();
        let written = after.map(|after| (0, AccessSize::Word, after));
        assert_eq!(
            uart.registers.written,
            Vec::from_iter(written),
            "{before:#x}"
        );
    }
}

#[test]
fn other_kinds_are_left_alone() {
    for manual in MANUALS
        .iter()
        .filter(|manual| manual.kind != ConsoleKind::Cadence)
    {
        let mut uart = manual.uart(Fake::new(manual, 0));
        uart.turn_on();
        assert_eq!(uart.registers.written, []);
        assert_eq!(uart.registers.reads.get(), 0);
    }
}

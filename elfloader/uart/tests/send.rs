// SPDX-License-Identifier: BSD-2-Clause

//! Sends bytes to simulated registers of each kind of UART.

use std::cell::Cell;

use kaal_payload::{AccessSize, Console, ConsoleKind, PhysAddr};
use kaal_uart::{MAX_POLLS, Registers, Stuck, Transmitter, turn_on};

/// Registers of which one says whether there is room.
struct Fake {
    /// Offset and values of the status register: at first, and from the read that is counted here.
    status: usize,
    full: u32,
    ready: u32,
    ready_after: u32,
    reads: Cell<u32>,
    written: Vec<(usize, u32)>,
}

impl Registers for Fake {
    fn read(&self, offset: usize) -> u32 {
        assert_eq!(offset, self.status);
        self.reads.set(self.reads.get() + 1);
        if self.reads.get() > self.ready_after {
            self.ready
        } else {
            self.full
        }
    }

    fn write(&mut self, offset: usize, value: u32) {
        self.written.push((offset, value));
    }
}

/// A kind of UART as its manual describes it.
struct Manual {
    kind: ConsoleKind,
    register_shift: u8,
    status: usize,
    /// The status register with no room, and with all other bits to the contrary; with room.
    full: u32,
    ready: u32,
    data: usize,
}

const MANUALS: [Manual; 8] = [
    Manual {
        kind: ConsoleKind::Pl011,
        register_shift: 0,
        status: 0x18,
        full: 0x20,
        ready: !0x20,
        data: 0,
    },
    Manual {
        kind: ConsoleKind::Ns8250,
        register_shift: 0,
        status: 5,
        full: !0x20,
        ready: 0x20,
        data: 0,
    },
    // Registers of 32 bits, as Synopsys has them.
    Manual {
        kind: ConsoleKind::Ns8250,
        register_shift: 2,
        status: 0x14,
        full: !0x20,
        ready: 0x20,
        data: 0,
    },
    Manual {
        kind: ConsoleKind::Ns8250,
        register_shift: 1,
        status: 0xa,
        full: !0x20,
        ready: 0x20,
        data: 0,
    },
    Manual {
        kind: ConsoleKind::Imx,
        register_shift: 0,
        status: 0xb4,
        full: 0x10,
        ready: !0x10,
        data: 0x40,
    },
    Manual {
        kind: ConsoleKind::Lpuart,
        register_shift: 0,
        status: 0x14,
        full: !0x0080_0000,
        ready: 0x0080_0000,
        data: 0x1c,
    },
    Manual {
        kind: ConsoleKind::Cadence,
        register_shift: 0,
        status: 0x2c,
        full: 0x10,
        ready: !0x10,
        data: 0x30,
    },
    Manual {
        kind: ConsoleKind::Meson,
        register_shift: 0,
        status: 0xc,
        full: 0x0020_0000,
        ready: !0x0020_0000,
        data: 0,
    },
];

impl Manual {
    fn console(&self) -> Console {
        Console {
            kind: self.kind,
            base: PhysAddr(0x900_0000),
            register_shift: self.register_shift,
            access_size: AccessSize::Word,
        }
    }

    fn registers(&self, ready_after: u32) -> Fake {
        Fake {
            status: self.status,
            full: self.full,
            ready: self.ready,
            ready_after,
            reads: Cell::new(0),
            written: Vec::new(),
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "a million reads")]
fn a_byte_is_sent_as_soon_as_there_is_room() {
    for manual in &MANUALS {
        for ready_after in [0, 1, 1000, MAX_POLLS - 1] {
            let mut registers = manual.registers(ready_after);
            let sent = Transmitter::new(&manual.console()).send(b'K', &mut registers);
            assert_eq!(sent, Ok(()), "{:?}", manual.kind);
            assert_eq!(registers.reads.get(), ready_after + 1);
            assert_eq!(registers.written, [(manual.data, u32::from(b'K'))]);
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "a million reads")]
fn a_uart_that_never_has_room_is_given_up() {
    for manual in &MANUALS {
        let mut registers = manual.registers(u32::MAX);
        let sent = Transmitter::new(&manual.console()).send(b'K', &mut registers);
        assert_eq!(sent, Err(Stuck), "{:?}", manual.kind);
        assert_eq!(registers.reads.get(), MAX_POLLS);
        assert_eq!(registers.written, []);
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
        let cadence = MANUALS
            .iter()
            .find(|manual| manual.kind == ConsoleKind::Cadence);
        let console = cadence.map(Manual::console).unwrap();
        let mut registers = Fake {
            status: 0,
            full: before,
            ready: before,
            ready_after: 0,
            reads: Cell::new(0),
            written: Vec::new(),
        };
        turn_on(&console, &mut registers);
        let written = after.map(|after| (0, after));
        assert_eq!(registers.written, Vec::from_iter(written), "{before:#x}");
    }
}

#[test]
fn other_kinds_are_left_alone() {
    for manual in MANUALS
        .iter()
        .filter(|manual| manual.kind != ConsoleKind::Cadence)
    {
        let mut registers = manual.registers(0);
        turn_on(&manual.console(), &mut registers);
        assert_eq!(registers.written, []);
        assert_eq!(registers.reads.get(), 0);
    }
}

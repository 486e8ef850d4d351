// SPDX-License-Identifier: BSD-2-Clause

//! The kinds of UART as their manuals describe them.

use kaal_payload::AccessSize::{self, Byte, HalfWord, Word};
use kaal_payload::ConsoleKind;

/// The offset and size of a register, and the value that is written.
pub(crate) type Write = (u64, AccessSize, u32);

/// A kind of UART as its manual describes it.
pub(crate) struct Manual {
    pub(crate) kind: ConsoleKind,
    pub(crate) register_shift: u8,
    pub(crate) access_size: AccessSize,
    pub(crate) status: u64,
    /// The status register with no room, and with all bits that don't matter to the contrary.
    pub(crate) full: u32,
    /// The status register with room, but before all bytes are on the line. Empty if there is never both.
    pub(crate) sending: &'static [u32],
    /// The status register when all bytes are on the line.
    pub(crate) idle: u32,
    pub(crate) data: u64,
    pub(crate) data_size: AccessSize,
    /// Writes before and after that of each byte.
    pub(crate) before: &'static [Write],
    pub(crate) after: &'static [Write],
}

/// The kind of UART that the others are told apart from.
const PL011: Manual = Manual {
    kind: ConsoleKind::Pl011,
    register_shift: 0,
    access_size: Word,
    status: 0x18,
    full: 0x28,
    sending: &[!0x20],
    idle: !0x28,
    data: 0,
    data_size: Word,
    before: &[],
    after: &[],
};

const NS8250: Manual = Manual {
    kind: ConsoleKind::Ns8250,
    access_size: Byte,
    status: 5,
    full: !0x60,
    sending: &[0x20],
    idle: 0x60,
    data_size: Byte,
    ..PL011
};

const SCIF: Manual = Manual {
    kind: ConsoleKind::Scif,
    register_shift: 2,
    access_size: HalfWord,
    status: 0x10,
    full: 0xff9f,
    sending: &[0x20],
    idle: 0x60,
    data: 0xc,
    data_size: Byte,
    after: &[(0x10, HalfWord, 0xff9f)],
    ..PL011
};

pub(crate) const MANUALS: [Manual; 15] = [
    PL011,
    NS8250,
    // Registers of 32 bits, as Synopsys has them.
    Manual {
        register_shift: 2,
        access_size: Word,
        status: 0x14,
        data_size: Word,
        ..NS8250
    },
    Manual {
        register_shift: 1,
        access_size: HalfWord,
        status: 0xa,
        data_size: HalfWord,
        ..NS8250
    },
    Manual {
        kind: ConsoleKind::Imx,
        status: 0x98,
        full: !0x4008,
        sending: &[0x4000],
        idle: 0x4008,
        data: 0x40,
        ..PL011
    },
    Manual {
        kind: ConsoleKind::Lpuart,
        status: 0x14,
        full: !0x00c0_0000,
        sending: &[0x0080_0000],
        idle: 0x00c0_0000,
        data: 0x1c,
        ..PL011
    },
    Manual {
        kind: ConsoleKind::Cadence,
        status: 0x2c,
        full: 0x810,
        // The FIFO isn't empty, the last byte is being sent, and a moment between two bytes.
        sending: &[!0x18, !0x10, !0x818],
        idle: !0x810,
        data: 0x30,
        ..PL011
    },
    Manual {
        kind: ConsoleKind::Meson,
        status: 0xc,
        full: 0x0220_0000,
        // As for Cadence.
        sending: &[!0x0060_0000, !0x0020_0000, !0x0260_0000],
        idle: !0x0220_0000,
        ..PL011
    },
    Manual {
        kind: ConsoleKind::Stm32,
        status: 0x1c,
        full: !0xc0,
        sending: &[0x80],
        idle: 0xc0,
        data: 0x28,
        ..PL011
    },
    Manual {
        kind: ConsoleKind::Geni,
        status: 0x40,
        full: 1,
        sending: &[],
        idle: !1,
        data: 0x700,
        before: &[(0x270, Word, 1), (0x600, Word, 0x0800_0000)],
        ..PL011
    },
    Manual {
        kind: ConsoleKind::UartDm,
        status: 0xa4,
        full: !8,
        sending: &[],
        idle: 8,
        data: 0x100,
        before: &[(0x40, Word, 1)],
        ..PL011
    },
    SCIF,
    Manual {
        register_shift: 1,
        status: 8,
        data: 6,
        after: &[(8, HalfWord, 0xff9f)],
        ..SCIF
    },
    Manual {
        kind: ConsoleKind::Armada3700,
        status: 0xc,
        full: 0x800,
        sending: &[!0x840],
        idle: !0x800,
        data: 4,
        ..PL011
    },
    Manual {
        kind: ConsoleKind::Samsung,
        status: 0x10,
        full: !4,
        sending: &[],
        idle: 4,
        data: 0x20,
        ..PL011
    },
];

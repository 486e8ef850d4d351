// SPDX-License-Identifier: BSD-2-Clause

//! Reports exceptions. None is expected, so each ends the boot.
//!
//! A report begins with the registers. Then it looks up names in tables that may be damaged: if this faults, the
//! registers have been printed already.

pub use kaal_payload::Symbol;
use kaal_payload::{Decimal, Hex, Text};

use crate::read_own_registers;
use crate::registers::current_level;
use crate::state::{self, Reporter};
use crate::syndrome::Syndrome;
use crate::words::Meaning;
use crate::{address_of, console, read_register, stop};

/// Defines the program's name in reports, and a function that looks up an address: `fn(u64) ->
/// Option<Symbol<'static>>`. It may be called at any moment, after a fault.
#[macro_export]
macro_rules! program {
    ($name:literal, $symbol_at:expr) => {
        #[unsafe(no_mangle)]
        fn kaal_program_name() -> $crate::words::Meaning {
            $crate::words::Meaning($name)
        }

        #[unsafe(no_mangle)]
        fn kaal_symbol_at(address: u64) -> Option<$crate::fault::Symbol<'static>> {
            ($symbol_at)(address)
        }
    };
}

unsafe extern "Rust" {
    safe fn kaal_program_name() -> Meaning;
    safe fn kaal_symbol_at(address: u64) -> Option<Symbol<'static>>;
}

/// The registers at an exception, as the vectors save them on the stack.
#[repr(C, align(16))]
pub(crate) struct Interrupted {
    x: [u64; 31],
    /// The stack pointer of the current exception level.
    pub(crate) stack_pointer: u64,
    /// The core's number.
    core: u64,
}

impl Interrupted {
    /// The stack pointer that was in use. SPSR_ELx.M says which: bit 0 selects SP_EL0 or that of the level in
    /// bits 3:2, which may be a lower level.
    fn stack_pointer(&self, spsr: u64) -> u64 {
        match spsr >> 2 & 0b11 {
            _ if spsr & 1 == 0 => read_register!("sp_el0"),
            level if level == current_level() => self.stack_pointer,
            1 => read_register!("sp_el1"),
            _ => read_register!("sp_el2"),
        }
    }
}

/// Prints a report and stops. The vectors call this with translation off.
pub(crate) extern "C" fn report(interrupted: &Interrupted) -> ! {
    let core = interrupted.core;
    match state::begin_report(core) {
        Reporter::First => {}
        Reporter::Again => stop::stop(),
        Reporter::Late => stop::park(),
    }
    let [esr, elr, far, spsr] = read_own_registers!("esr", "elr", "far", "spsr");
    let level = current_level();
    let source = Text(match spsr >> 2 & 0b11 {
        source if source == level => "the same exception level",
        _ => "a lower exception level",
    });
    let (syndrome, step) = (Syndrome(esr), state::step(core));
    console::line(format_args!(
        "KaaL: fault: {syndrome} from {source}, while {step}"
    ));
    console::print(format_args!(
        "KaaL: ESR {}, ELR {}, FAR {}, SPSR {}, SP {}, at EL{}",
        Hex(esr),
        Hex(elr),
        Hex(far),
        Hex(spsr),
        Hex(interrupted.stack_pointer(spsr)),
        Decimal(level),
    ));
    if core != 0 {
        console::print(format_args!(", on core {}", Decimal(core)));
    }
    for (number, &x) in (0..).zip(&interrupted.x) {
        let separator = Text(if number % 4 == 0 { "\r\nKaaL: " } else { ", " });
        console::print(format_args!("{separator}x{} {}", Decimal(number), Hex(x)));
    }
    console::line(format_args!(""));
    let [.., link] = interrupted.x;
    locate(Meaning(b"ELR"), elr, 0);
    locate(Meaning(b"x30"), link, CALL);
    stop::stop()
}

/// Size in bytes of a call. A return address lies after the call, which may be the last instruction of its function.
const CALL: u64 = 4;

/// Prints which code lies `back` bytes before `address`, if that is known. The program itself may be loaded
/// anywhere, so this also prints the distance from its start.
fn locate(register: Meaning, address: u64, back: u64) {
    let start = address_of!("__ehdr_start").addr() as u64;
    let is_own = (start..address_of!("_end").addr() as u64).contains(&address);
    let symbol = kaal_symbol_at(address.wrapping_sub(back));
    if !is_own && symbol.is_none() {
        return;
    }
    console::print(format_args!("KaaL: {register} {}:", Hex(address)));
    if is_own {
        let (name, offset) = (kaal_program_name(), Hex(address - start));
        console::print(format_args!(" {name}+{offset}"));
    }
    if let Some(mut symbol) = symbol {
        symbol.offset += back;
        console::print(format_args!(" {symbol}"));
    }
    console::line(format_args!(""));
}

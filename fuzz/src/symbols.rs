// SPDX-License-Identifier: BSD-2-Clause

//! Hostile symbols: the tables in an image for fault reports, and the programs that the builder makes them from.

use kaal_payload::Symbol;

use crate::common::programs::{self, KERNEL, ORDINARY_BASE};
use crate::common::symbols::{self, Symbol as Seed};
use crate::inputs::{Content, RAM};
use crate::{Target, input};

/// First byte: an address to look up and a table follow.
const TABLE: u8 = 0;

/// First byte: a program follows.
const PROGRAM: u8 = 1;

/// The readers of symbols.
pub const SYMBOLS: Target = Target {
    name: "symbols",
    run: |input| match input.split_first() {
        Some((&PROGRAM, program)) => run_program(program),
        Some((_, table)) => run_table(table),
        None => false,
    },
    seeds: || {
        let start = ORDINARY_BASE + KERNEL;
        let table = [b"\x40boo\xf4", &b"\x02mai\xee"[..], b"\x02\x80"].concat();
        let address = 0x10cu64.to_le_bytes();
        let functions = [
            Seed::local("_RNvCs1234_14kaal_elfloader4boot", start + 0x10, 0),
            Seed::global("_ZN4core3fmt5write17h0123456789abcdefE", start + 0x40, 0x20),
            Seed::global("_start", start, 0x10),
        ];
        let kernel = programs::kernel(ORDINARY_BASE).to_bytes();
        vec![
            input(TABLE, &[&address[..], &table].concat()),
            input(PROGRAM, &symbols::add(kernel, (start, 0x1000), &functions)),
        ]
    },
};

/// Looks up an address, then the start of its function; both must have the same name.
fn run_table(input: &[u8]) -> bool {
    let Some((&address, table)) = input.split_first_chunk() else {
        return false;
    };
    let address = u64::from_le_bytes(address);
    let Some(symbol) = Symbol::find(table, address) else {
        return false;
    };
    assert!(symbol.name().all(|letter| (' '..='~').contains(&letter)));
    let start = address.checked_sub(symbol.offset).expect("a start");
    let found = Symbol::find(table, start).expect("the same function");
    assert!(found.offset == 0 && found.name().eq(symbol.name()));
    true
}

/// Packs an image whose kernel is `program`. Returns whether the image holds names of functions.
fn run_program(program: &[u8]) -> bool {
    let content = Content {
        kernel: program.to_vec(),
        ..Content::well_formed()
    };
    let image = content.build(&[RAM]);
    image.is_some_and(|image| {
        let mut parts = image.memory_map.entries().iter();
        parts.any(|part| part.what == "symbols")
    })
}

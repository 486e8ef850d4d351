// SPDX-License-Identifier: BSD-2-Clause

//! Tests that lookups find exactly the symbols in a table, and that damaged tables do no harm.

use std::collections::BTreeMap;

use kaal_payload::{DistanceSize, Symbol, encode_symbol};
use proptest::prelude::*;

/// A table of functions and gaps, which have no name, by address; only the last
/// instruction that there can be is not covered.
fn table(functions: &BTreeMap<u64, &str>, size: DistanceSize) -> Vec<u8> {
    let mut table = Vec::new();
    let mut previous = 0;
    let end = [(&u64::MAX, &"")];
    for (&start, name) in functions.iter().chain(end) {
        encode_symbol(&mut table, start - previous, size, name.bytes());
        previous = start;
    }
    table
}

fn found(table: &[u8], address: u64) -> Option<String> {
    Symbol::find(table, address).map(|symbol| symbol.to_string())
}

const LOADER: u64 = 0x4040_0000;
const KERNEL: u64 = 0xffff_ff80_4000_0000;

fn small() -> Vec<u8> {
    let functions = [
        (LOADER, "kaal::boot"),
        (LOADER + 0x1000, ""),
        (KERNEL, "_start"),
        (KERNEL + 4, "f"),
        (KERNEL + 0x400, ""),
    ];
    table(&functions.into(), DistanceSize::Least)
}

#[test]
fn addresses_lie_in_the_function_before_them() {
    let table = small();
    for (address, expected) in [
        (0, None),
        (LOADER - 1, None),
        (LOADER, Some("kaal::boot+0x0")),
        (LOADER + 0xfff, Some("kaal::boot+0xfff")),
        (LOADER + 0x1000, None),
        (KERNEL - 1, None),
        (KERNEL, Some("_start+0x0")),
        (KERNEL + 3, Some("_start+0x3")),
        (KERNEL + 4, Some("f+0x0")),
        (KERNEL + 0x3ff, Some("f+0x3fb")),
        (KERNEL + 0x400, None),
        (u64::MAX, None),
    ] {
        assert_eq!(found(&table, address).as_deref(), expected, "{address:#x}");
    }
}

#[test]
fn bytes_of_a_table() {
    let expected = [
        &[0x80, 0x80, 0xc0, 0x80, 0x01][..], // 0x4040_0000 / 4
        b"kaal::boo\xf4",
        &[0x80, 0x08, 0x80], // 0x1000 / 4, no name
    ]
    .concat();
    assert!(small().starts_with(&expected), "{:x?}", small());
}

#[test]
fn what_no_terminal_should_see_is_not_shown() {
    let table = table(&[(0, "a\x1b[2Jé")].into(), DistanceSize::Least);
    assert_eq!(found(&table, 0).as_deref(), Some("a?[2J??+0x0"));
    assert_eq!(
        found(b"\0\x1b\x07\x80\x01\x80", 0).as_deref(),
        Some("???+0x0")
    );
}

#[test]
fn nothing_is_found_where_nothing_is() {
    assert_eq!(found(&[], 0), None);
    // Distances that pass 64 bits, each by itself and in sum.
    assert_eq!(found(&[0x80; 20], u64::MAX), None);
    let mut far = Vec::new();
    encode_symbol(&mut far, u64::MAX, DistanceSize::Least, *b"a");
    encode_symbol(&mut far, u64::MAX, DistanceSize::Least, *b"b");
    assert_eq!(found(&far, u64::MAX), None);
}

#[test]
fn a_table_that_ends_too_early_names_nothing_beyond() {
    let table = small();
    for length in 0..table.len() {
        for address in [LOADER - 1, LOADER + 0x1000, KERNEL + 0x400, u64::MAX] {
            assert_eq!(found(&table[..length], address), None, "{length}");
        }
    }
}

proptest! {
    #[test]
    fn all_that_is_written_is_found(
        starts in prop::collection::btree_map(0..u64::MAX / 4, "[ -~]{0,40}", 0..50),
        sizes in prop::bool::ANY,
        probe in any::<u64>(),
    ) {
        let functions: BTreeMap<u64, &str> =
            starts.iter().map(|(start, name)| (start * 4, name.as_str())).collect();
        let size = if sizes { DistanceSize::Largest } else { DistanceSize::Least };
        let table = table(&functions, size);
        let near = functions.keys().flat_map(|&start| {
            [start.wrapping_sub(1), start, start + 3, start.wrapping_add(4)]
        });
        // The last instruction that there can be only ends the function before it.
        for address in near.chain([probe, 0]).filter(|&address| address < u64::MAX - 3) {
            let expected = functions
                .range(..=address)
                .next_back()
                .filter(|(_, name)| !name.is_empty())
                .map(|(start, name)| format!("{name}+{:#x}", address - start));
            prop_assert_eq!(found(&table, address), expected, "{:#x}", address);
        }
    }

    #[test]
    fn any_bytes_are_survived(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        address in any::<u64>(),
    ) {
        if let Some(name) = found(&bytes, address) {
            prop_assert!(name.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
    }

    #[test]
    fn a_flipped_bit_is_survived(bit in 0..8 * small().len(), address in any::<u64>()) {
        let mut table = small();
        table[bit / 8] ^= 1 << (bit % 8);
        for address in [address, LOADER, KERNEL, KERNEL + 0x100] {
            found(&table, address);
        }
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! The readers of names of addresses.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::SYMBOLS.run)(input);
});

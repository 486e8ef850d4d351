// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the readers of symbols.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::SYMBOLS.run)(input);
});

// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the reader of Microkit's images.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::MICROKIT.run)(input);
});

// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the decoder of LZ4 blocks.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::LZ4.run)(input);
});

// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes both sides of a ring.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::RING.run)(input);
});

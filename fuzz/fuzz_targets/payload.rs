// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the parsers of payload and package headers.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::PAYLOAD.run)(input);
});

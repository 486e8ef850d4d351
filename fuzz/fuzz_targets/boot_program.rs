// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the reader of loaders and unpackers.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::BOOT_PROGRAM.run)(input);
});

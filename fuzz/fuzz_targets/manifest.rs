// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the readers of component lists and component programs.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::MANIFEST.run)(input);
});

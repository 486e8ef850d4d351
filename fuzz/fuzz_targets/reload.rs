// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the line that replaces programs in a running system.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::RELOAD.run)(input);
});

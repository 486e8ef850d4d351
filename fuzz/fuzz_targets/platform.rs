// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the readers of the platform's description and the kernel's configuration.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::PLATFORM.run)(input);
});

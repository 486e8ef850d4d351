// SPDX-License-Identifier: BSD-2-Clause

//! The readers of platform and kernel configuration.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::PLATFORM.run)(input);
});

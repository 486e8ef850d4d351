// SPDX-License-Identifier: BSD-2-Clause

//! The readers of lists of components and of their programs.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::MANIFEST.run)(input);
});

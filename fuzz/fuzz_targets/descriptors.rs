// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the queues between a network driver and its client.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::DESCRIPTORS.run)(input);
});

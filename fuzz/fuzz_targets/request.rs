// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the readers of messages between components and the root task.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::REQUEST.run)(input);
});

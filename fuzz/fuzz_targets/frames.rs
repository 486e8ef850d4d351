// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the TCP/IP stack of the web server.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::FRAMES.run)(input);
});

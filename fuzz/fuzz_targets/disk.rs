// SPDX-License-Identifier: BSD-2-Clause

//! Fuzzes the reader of FAT disks.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    (kaal_fuzz::DISK.run)(input);
});

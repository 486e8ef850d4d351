// SPDX-License-Identifier: BSD-2-Clause

//! Reads lines of QEMU's log with the registers of a core.

/// The numbers and values of the general-purpose registers in a line like
/// ` PC=0000000040402584 X00=0000000000000000`.
pub(crate) fn registers(line: &str) -> impl Iterator<Item = (usize, u64)> {
    line.split_whitespace().filter_map(|word| {
        let (number, value) = word.strip_prefix('X')?.split_once('=')?;
        let value = u64::from_str_radix(value, 16).ok()?;
        Some((number.parse().ok()?, value))
    })
}

/// The exception level in a line like `PSTATE=600003c9 -ZC- EL2h`.
pub(crate) fn level(line: &str) -> Option<&str> {
    let mut words = line.strip_prefix("PSTATE=")?.split_whitespace();
    words.find(|word| word.starts_with("EL"))
}

// SPDX-License-Identifier: BSD-2-Clause

//! Compares a machine's memory with the RAM in a device tree.

use anyhow::{Result, ensure};
use kaal_devicetree::{Facts, MemoryKind};

use super::Machine;

/// The units in QEMU's option `-m`; without one, a number counts mebibytes.
const UNITS: [(&str, u32); 4] = [("K", 10), ("M", 20), ("G", 30), ("T", 40)];

impl Machine {
    /// The number of bytes of RAM; `None` if QEMU's option `-m` has an unusual value.
    pub fn memory_size(&self) -> Option<u64> {
        size(&self.memory)
    }

    /// Checks that the machine has `ram` bytes of RAM.
    ///
    /// # Errors
    ///
    /// Fails if it has less.
    pub fn check_memory(&self, ram: u64) -> Result<()> {
        let Some(size) = self.memory_size() else {
            return Ok(());
        };
        ensure!(
            size >= ram,
            "at least {}M expected, because the kernel uses all RAM in its device tree, {}M found",
            ram.div_ceil(1 << 20),
            size >> 20
        );
        Ok(())
    }
}

/// The size of the RAM in the device tree `blob`.
///
/// # Errors
///
/// Fails if it is no device tree.
pub fn ram(blob: &[u8]) -> Result<u64> {
    let (_, facts) = Facts::parse(blob)?;
    let banks = facts.memory_of(MemoryKind::Ram);
    Ok(banks.map(|bank| bank.size()).sum())
}

/// The number of bytes in a value of `-m` such as `512M`. `None` for QEMU's other notations.
fn size(text: &str) -> Option<u64> {
    let text = text.to_uppercase();
    let units = UNITS.iter();
    let with_unit = units.filter_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)));
    let (digits, shift) = with_unit.into_iter().next().unwrap_or((&text, &20));
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_in_mebibytes_unless_they_have_a_unit() {
        assert_eq!(size("512"), Some(512 << 20));
        assert_eq!(size("512m"), size("512"));
        assert_eq!(size("2G"), Some(2 << 30));
        assert_eq!(size("1G,slots=2"), None);
    }
}

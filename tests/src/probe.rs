// SPDX-License-Identifier: BSD-2-Clause

//! Tells the probe kernel what it has to find.

use anyhow::{Context, Result, bail};
use crc::{CRC_32_ISCSI, Crc};

use crate::elf;

/// The console line that the probe kernel prints when everything is as it must be.
pub const PASS: &str = "KAAL_PROBE_PASS";

/// What stands before the user image's checksum in the probe kernel.
const MARK: &[u8; 8] = b"KaaLcrc?";

/// The checksum of a user image as the probe kernel finds it in memory.
///
/// # Errors
///
/// Fails where `task` is not an ELF file with loadable segments.
pub fn user_image_crc32c(task: &[u8]) -> Result<u32> {
    let memory = elf::flatten(task)?;
    Ok(Crc::<u32>::new(&CRC_32_ISCSI).checksum(&memory))
}

/// Writes the checksum that the user image must have into the ELF file of a probe kernel.
///
/// # Errors
///
/// Fails where the file doesn't have exactly one place for it.
pub fn supply_checksum(probe: &mut [u8], crc: u32) -> Result<()> {
    let mut places = probe
        .windows(MARK.len())
        .enumerate()
        .filter(|(_, window)| *window == MARK)
        .map(|(offset, _)| offset + MARK.len());
    let (Some(place), None) = (places.next(), places.next()) else {
        bail!("the probe kernel must have one place for a checksum");
    };
    let field = probe
        .get_mut(place..place + 8)
        .context("the probe kernel ends within its place for a checksum")?;
    let (supplied, value) = field.split_at_mut(4);
    supplied.copy_from_slice(&1u32.to_le_bytes());
    value.copy_from_slice(&crc.to_le_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::supply_checksum;

    #[test]
    fn the_checksum_follows_its_mark() {
        let mut probe = *b"..KaaLcrc?\0\0\0\0\0\0\0\0..";
        supply_checksum(&mut probe, 0x0403_0201).unwrap();
        assert_eq!(&probe, b"..KaaLcrc?\x01\0\0\0\x01\x02\x03\x04..");
    }

    #[test]
    fn there_must_be_one_mark() {
        assert!(supply_checksum(&mut [0; 32], 0).is_err());
        assert!(supply_checksum(&mut b"KaaLcrc?........".repeat(2), 0).is_err());
    }

    #[test]
    fn the_field_must_be_whole() {
        assert!(supply_checksum(&mut b"KaaLcrc?....".to_vec(), 0).is_err());
    }
}

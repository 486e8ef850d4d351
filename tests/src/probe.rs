// SPDX-License-Identifier: BSD-2-Clause

//! Tells the probe kernel what it has to find.

use anyhow::{Context, Result, bail};
use crc::{CRC_32_ISCSI, Crc};

use crate::elf;

/// The console line that the probe kernel prints when everything is as it must be.
pub const PASS: &str = "KAAL_PROBE_PASS";

/// What stands before what the probe kernel expects.
const MARK: &[u8; 8] = b"KaaLwant";

/// What the probe kernel is to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The user image's checksum in memory.
    pub user_image_crc32c: u32,
    /// The number of cores that are started.
    pub cores: u32,
}

/// The checksum of a user image as the probe kernel finds it in memory.
///
/// # Errors
///
/// Fails where `task` is not an ELF file with loadable segments.
pub fn user_image_crc32c(task: &[u8]) -> Result<u32> {
    let memory = elf::flatten(task)?;
    Ok(Crc::<u32>::new(&CRC_32_ISCSI).checksum(&memory))
}

impl Expected {
    /// Writes this into the ELF file of a probe kernel.
    ///
    /// # Errors
    ///
    /// Fails where the file doesn't have exactly one place for it.
    pub fn supply(&self, probe: &mut [u8]) -> Result<()> {
        let mut places = probe
            .windows(MARK.len())
            .enumerate()
            .filter(|(_, window)| *window == MARK)
            .map(|(offset, _)| offset + MARK.len());
        let (Some(place), None) = (places.next(), places.next()) else {
            bail!("the probe kernel must have one place for what it expects");
        };
        let words = [self.cores, self.user_image_crc32c].map(u32::to_le_bytes);
        probe
            .get_mut(place..place + size_of_val(&words))
            .context("the probe kernel ends within its place for what it expects")?
            .copy_from_slice(words.as_flattened());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Expected;

    const EXPECTED: Expected = Expected {
        user_image_crc32c: 0x0403_0201,
        cores: 4,
    };

    #[test]
    fn it_follows_its_mark() {
        let mut probe = *b"..KaaLwant\0\0\0\0\0\0\0\0..";
        EXPECTED.supply(&mut probe).unwrap();
        assert_eq!(&probe, b"..KaaLwant\x04\0\0\0\x01\x02\x03\x04..");
    }

    #[test]
    fn there_must_be_one_mark() {
        assert!(EXPECTED.supply(&mut [0; 32]).is_err());
        let mut twice = b"KaaLwant........".repeat(2);
        assert!(EXPECTED.supply(&mut twice).is_err());
    }

    #[test]
    fn the_field_must_be_whole() {
        let mut short = b"KaaLwant....".to_vec();
        assert!(EXPECTED.supply(&mut short).is_err());
    }
}

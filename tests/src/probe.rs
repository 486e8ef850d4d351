// SPDX-License-Identifier: BSD-2-Clause

//! Tells the probe kernel what it has to find.

use anyhow::{Context, Result, bail};
use crc::{CRC_32_ISCSI, Crc};
use kaal_machine::DeviceTree;

use crate::elf;

/// The console line that the probe kernel prints when everything is as it must be.
pub const PASS: &str = "KAAL_PROBE_PASS";

/// What stands before the checksums in the probe kernel.
const MARK: &[u8; 8] = b"KaaLcrc?";

/// A checksum that the probe kernel is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// That of the user image.
    UserImage,
    /// That of the device tree.
    DeviceTree,
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

/// The checksum over what a device tree's nodes but `/chosen` say: for each, how deep it lies and its
/// name, then its properties' names and values; a nul follows each name.
///
/// # Errors
///
/// Fails where `blob` is not a device tree.
pub fn device_tree_crc32c(blob: &[u8]) -> Result<u32> {
    let tree = DeviceTree::parse(blob)?;
    let mut said = Vec::new();
    for place in tree.walk().filter(|place| !place.is_at(b"/chosen")) {
        said.push(u8::try_from(place.depth())?);
        said.extend([place.node().name(), b"\0"].concat());
        for property in place.node().properties() {
            said.extend([property.name, b"\0", property.value].concat());
        }
    }
    Ok(Crc::<u32>::new(&CRC_32_ISCSI).checksum(&said))
}

/// Writes a checksum into the ELF file of a probe kernel.
///
/// # Errors
///
/// Fails where the file doesn't have exactly one place for it.
pub fn supply_checksum(probe: &mut [u8], checksum: Checksum, crc: u32) -> Result<()> {
    let mut places = probe
        .windows(MARK.len())
        .enumerate()
        .filter(|(_, window)| *window == MARK)
        .map(|(offset, _)| offset + MARK.len());
    let (Some(place), None) = (places.next(), places.next()) else {
        bail!("the probe kernel must have one place for checksums");
    };
    let place = match checksum {
        Checksum::UserImage => place,
        Checksum::DeviceTree => place + 8,
    };
    let field = probe
        .get_mut(place..place + 8)
        .context("the probe kernel ends within its place for checksums")?;
    let (supplied, value) = field.split_at_mut(4);
    supplied.copy_from_slice(&1u32.to_le_bytes());
    value.copy_from_slice(&crc.to_le_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Checksum, supply_checksum};

    #[test]
    fn checksums_follow_their_mark() {
        let mut probe = *b"..KaaLcrc?..................";
        supply_checksum(&mut probe, Checksum::UserImage, 0x0403_0201).unwrap();
        assert_eq!(&probe, b"..KaaLcrc?\x01\0\0\0\x01\x02\x03\x04..........");
        supply_checksum(&mut probe, Checksum::DeviceTree, 0x0807_0605).unwrap();
        let expected = b"..KaaLcrc?\x01\0\0\0\x01\x02\x03\x04\x01\0\0\0\x05\x06\x07\x08..";
        assert_eq!(&probe, expected);
    }

    #[test]
    fn there_must_be_one_mark() {
        for mut probe in [
            b"................".repeat(4),
            b"KaaLcrc?................".repeat(2),
        ] {
            assert!(supply_checksum(&mut probe, Checksum::UserImage, 0).is_err());
        }
    }

    #[test]
    fn the_field_must_be_whole() {
        let mut probe = *b"KaaLcrc?............";
        assert!(supply_checksum(&mut probe, Checksum::UserImage, 0).is_ok());
        assert!(supply_checksum(&mut probe, Checksum::DeviceTree, 0).is_err());
    }
}

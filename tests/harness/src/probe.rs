// SPDX-License-Identifier: BSD-2-Clause

//! Writes values into the probe kernel that it compares with those at boot.

use anyhow::{Context, Result, bail};
use crc::{CRC_32_ISCSI, Crc};
use kaal_devicetree::DeviceTree;

use crate::elf;

/// The console line that the probe kernel prints if all its checks succeed.
pub const PASS: &str = "KAAL_PROBE_PASS";

/// The mark before each expected value in the probe kernel.
const MARK: &[u8; 8] = b"KaaLwant";

/// A value that the probe kernel expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The checksum of the user image.
    UserImageCrc32c(u32),
    /// The checksum of the device tree.
    DeviceTreeCrc32c(u32),
    /// Any device tree, because firmware changes it.
    AnyDeviceTree,
    /// The number of cores.
    Cores(u32),
    /// No device tree.
    NoDeviceTree,
}

/// The checksum of a user image as it lies in memory.
///
/// # Errors
///
/// Fails if `task` is not an ELF file with loadable segments.
pub fn user_image_crc32c(task: &[u8]) -> Result<u32> {
    let memory = elf::flatten(task)?;
    Ok(Crc::<u32>::new(&CRC_32_ISCSI).checksum(&memory))
}

/// The checksum over all nodes of a device tree except `/chosen`: for each, its depth and name, then
/// the names and values of its properties. A zero byte follows each name.
///
/// # Errors
///
/// Fails if `blob` is not a device tree.
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

impl Expected {
    /// Writes this value into the ELF file of a probe kernel.
    ///
    /// # Errors
    ///
    /// Fails if the file doesn't have exactly one place for it.
    pub fn supply(self, probe: &mut [u8]) -> Result<()> {
        let mut places = probe
            .windows(MARK.len())
            .enumerate()
            .filter(|(_, window)| *window == MARK)
            .map(|(offset, _)| offset + MARK.len());
        let (Some(place), None) = (places.next(), places.next()) else {
            bail!("the probe kernel must have one place for what it is told");
        };
        let (index, supplied) = match self {
            Self::UserImageCrc32c(crc) => (0, Some(crc)),
            Self::DeviceTreeCrc32c(crc) => (1, Some(crc)),
            Self::AnyDeviceTree => (1, None),
            Self::Cores(cores) => (2, Some(cores)),
            Self::NoDeviceTree => (3, Some(0)),
        };
        let place = place + 8 * index;
        let field = probe
            .get_mut(place..place + 8)
            .context("the probe kernel ends within its place for what it is told")?;
        let (is_supplied, field) = field.split_at_mut(4);
        is_supplied.copy_from_slice(&u32::from(supplied.is_some()).to_le_bytes());
        field.copy_from_slice(&supplied.unwrap_or_default().to_le_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Expected;

    #[test]
    fn values_follow_their_mark() {
        let mut probe = *b"..KaaLwant..........................";
        Expected::UserImageCrc32c(0x0403_0201)
            .supply(&mut probe)
            .unwrap();
        assert_eq!(
            &probe,
            b"..KaaLwant\x01\0\0\0\x01\x02\x03\x04.................."
        );
        Expected::DeviceTreeCrc32c(0x0807_0605)
            .supply(&mut probe)
            .unwrap();
        Expected::Cores(4).supply(&mut probe).unwrap();
        let expected = b"..KaaLwant\x01\0\0\0\x01\x02\x03\x04\x01\0\0\0\x05\x06\x07\x08\
            \x01\0\0\0\x04\0\0\0..";
        assert_eq!(&probe, expected);
    }

    #[test]
    fn there_must_be_one_mark() {
        for mut probe in [
            b"................".repeat(4),
            b"KaaLwant........................".repeat(2),
        ] {
            assert!(Expected::Cores(1).supply(&mut probe).is_err());
        }
    }

    #[test]
    fn the_field_must_be_whole() {
        let mut probe = *b"KaaLwant....................";
        assert!(Expected::DeviceTreeCrc32c(0).supply(&mut probe).is_ok());
        assert!(Expected::Cores(1).supply(&mut probe).is_err());
    }
}

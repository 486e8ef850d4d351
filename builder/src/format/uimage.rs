// SPDX-License-Identifier: BSD-2-Clause

//! The legacy image format of U-Boot (U-Boot, `include/image.h`, `struct legacy_img_hdr`).

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use kaal_payload::PhysAddr;
use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{Format, not_runnable_at};
use crate::diagnostic::Diagnostic;

/// `IH_MAGIC`
const MAGIC: u32 = 0x2705_1956;

/// `IH_OS_LINUX`: U-Boot hands over a device tree only to Linux.
const OS_LINUX: u8 = 5;

/// `IH_ARCH_ARM64`
const ARCH_ARM64: u8 = 22;

/// `IH_TYPE_KERNEL`
const TYPE_KERNEL: u8 = 2;

/// `IH_COMP_NONE`: the unpacker decompresses.
const COMPRESSION_NONE: u8 = 0;

/// `IH_NMLEN`
const NAME_SIZE: usize = 32;

const NAME: &[u8] = concat!("KaaL ", env!("CARGO_PKG_VERSION")).as_bytes();

#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Header {
    magic: U32,
    header_checksum: U32,
    time: U32,
    size: U32,
    load: U32,
    entry: U32,
    data_checksum: U32,
    os: u8,
    arch: u8,
    kind: u8,
    compression: u8,
    name: [u8; NAME_SIZE],
}

/// Size in bytes of the header.
pub(crate) const HEADER_SIZE: usize = size_of::<Header>();

/// The load address in the header of `file`; `None` for other formats.
pub(crate) fn load_address(file: &[u8]) -> Option<PhysAddr> {
    let (header, _) = Header::ref_from_prefix(file).ok()?;
    (header.magic == MAGIC).then(|| PhysAddr(header.load.get().into()))
}

/// Puts a header in front of `data`. U-Boot loads the data to `load` and enters it there.
pub(crate) fn wrap(load: PhysAddr, data: Vec<u8>) -> Result<Vec<u8>, Diagnostic> {
    let header = header(load, data.len() as u64, checksum(&data))?;
    Ok([header.as_bytes(), &data].concat())
}

fn header(load: PhysAddr, size: u64, data_checksum: u32) -> Result<Header, Diagnostic> {
    let size = u32::try_from(size).map_err(|_| {
        Format::Uimage
            .origin()
            .diagnostic("the image is too large for this format")
            .expected("less than 4294967296 bytes")
            .found(format!("{size} bytes"))
            .remedy("choose --format image, or --compress lz4")
    })?;
    let address = address_field(load)?;
    let mut name = [0; NAME_SIZE];
    name[..NAME.len()].copy_from_slice(NAME);
    let header = Header {
        magic: MAGIC.into(),
        header_checksum: U32::ZERO,
        // The same inputs give the same bytes.
        time: U32::ZERO,
        size: size.into(),
        load: address.into(),
        entry: address.into(),
        data_checksum: data_checksum.into(),
        os: OS_LINUX,
        arch: ARCH_ARM64,
        kind: TYPE_KERNEL,
        compression: COMPRESSION_NONE,
        name,
    };
    Ok(Header {
        header_checksum: checksum(header.as_bytes()).into(),
        ..header
    })
}

/// Encodes the load address for the header.
pub(crate) fn address_field(load: PhysAddr) -> Result<u32, Diagnostic> {
    u32::try_from(load.0).map_err(|_| {
        not_runnable_at(load)
            .expected("an address of 32 bits")
            .because_of(Format::Uimage.origin())
            .found(load.to_string())
            .remedy("pass an address below 4 GiB, or choose --format image")
    })
}

/// Whether a file begins as a U-Boot image does.
pub(crate) fn is_one(file: &[u8]) -> bool {
    file.starts_with(&MAGIC.to_be_bytes())
}

/// The size in bytes of a file with this header.
pub(crate) fn claimed_size(file: &[u8]) -> Option<u64> {
    let (header, _) = Header::ref_from_prefix(file).ok()?;
    Some(HEADER_SIZE as u64 + u64::from(header.size.get()))
}

/// Checks that `file` has the header that [`wrap`] writes.
///
/// # Errors
///
/// Returns the difference.
pub(crate) fn check(file: &[u8]) -> Result<(), String> {
    let (found, data) = Header::ref_from_prefix(file).map_err(|_| "no header".to_owned())?;
    let (expected, data_checksum) = (found.data_checksum.get(), checksum(data));
    if expected != data_checksum {
        return Err(format!(
            "data of the CRC-32 {data_checksum:#x}, which its header says to be {expected:#x}"
        ));
    }
    let load = PhysAddr(found.load.get().into());
    match header(load, data.len() as u64, data_checksum) {
        Ok(header) if header.as_bytes() == found.as_bytes() => Ok(()),
        _ => Err("a header with another field or checksum".to_owned()),
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    static CRC32: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);
    CRC32.checksum(bytes)
}

#[cfg(test)]
mod tests {
    use kaal_payload::PhysAddr;

    use super::header;

    #[test]
    fn sizes_of_more_than_32_bits_are_refused() {
        let largest = u64::from(u32::MAX);
        assert!(header(PhysAddr(0), largest, 0).is_ok());
        let error = header(PhysAddr(0), largest + 1, 0).err();
        let message = error.unwrap().to_string();
        assert!(message.contains("found: 4294967296 bytes"), "{message}");
    }

    #[test]
    fn addresses_of_more_than_32_bits_are_refused() {
        let message = header(PhysAddr(1 << 32), 1, 0).err().unwrap().to_string();
        let start = "--load-address 0x100000000: ";
        assert!(message.starts_with(start), "{message}");
    }
}

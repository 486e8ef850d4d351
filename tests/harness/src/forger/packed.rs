// SPDX-License-Identifier: BSD-2-Clause

//! The file of an image that unpacks itself.

use anyhow::{Context, Result};
use crc::{CRC_32_ISO_HDLC, Crc};
use kaal_payload::{
    Chunk, Encoding, HEADER_ALIGNMENT, MAGIC, PACKAGE_END, PACKAGE_HEADER_MAX_SIZE, PAGE_SIZE,
    Package, PhysAddr, PhysRange, Stored, package_header_size,
};
use zerocopy::IntoBytes;

use super::changes::Changes;
use super::choice::Choice;
use super::image::{Load, mend};
use crate::image::{crc32c, package_header};

/// The magic number of U-Boot's legacy images, and the size of their header (U-Boot, `include/image.h`).
const UBOOT_MAGIC: [u8; 4] = [0x27, 0x05, 0x19, 0x56];
const UBOOT_HEADER: usize = 64;

/// Offsets in that header: its checksum, the size of the data, and their checksum.
const UBOOT_CHECKSUM: usize = 4;
const UBOOT_SIZE: usize = 12;
const UBOOT_DATA_CHECKSUM: usize = 24;

/// Alignment of stored bytes.
const ALIGNMENT: usize = 8;

/// The part of `file` that boot loaders load.
pub(super) fn without_uboot_header(file: &[u8]) -> &[u8] {
    file.get(uboot_header_size(file)..).unwrap_or_default()
}

fn uboot_header_size(file: &[u8]) -> usize {
    match file.starts_with(&UBOOT_MAGIC) {
        true => UBOOT_HEADER,
        false => 0,
    }
}

/// All of a package's file but the content of its chunks.
#[derive(Clone)]
pub(super) struct Packed {
    /// The header for U-Boot, or nothing.
    uboot: Vec<u8>,
    unpacker: Vec<u8>,
    package: Package<'static>,
    /// Whether content is compressed.
    is_compressed: bool,
    /// Changes of the package header.
    changes: Changes,
}

impl Packed {
    /// Reads a file.
    pub(super) fn read(file: &[u8]) -> Result<(Vec<Load>, Self)> {
        let (uboot, file) = file.split_at(uboot_header_size(file));
        let (start, header) = package_header(file)?;
        let package = Package::parse(header.as_bytes(), crc32c)?;
        let (mut loads, mut is_compressed) = (Vec::new(), false);
        for chunk in package.chunks {
            let stored = chunk.stored();
            let bytes = file.get(stored.offset as usize..);
            let bytes = bytes.and_then(|bytes| bytes.get(..stored.size as usize));
            let bytes = bytes.context("a chunk outside of the file")?;
            is_compressed |= stored.encoding == Encoding::Lz4;
            loads.push(Load {
                address: chunk.destination().0,
                memory_size: chunk.memory().size(),
                content: match stored.encoding {
                    Encoding::Identity => bytes.to_vec(),
                    Encoding::Lz4 => lz4_flex::block::decompress(bytes, chunk.size() as usize)?,
                },
            });
        }
        let packed = Self {
            uboot: uboot.to_vec(),
            unpacker: file[..start].to_vec(),
            package: Package {
                chunks: &[],
                ..package
            },
            is_compressed,
            changes: Changes::default(),
        };
        Ok((loads, packed))
    }

    /// Writes a file with the content of `loads`.
    pub(super) fn write(&self, loads: &[Load]) -> Option<Vec<u8>> {
        let mut file = self.unpacker.clone();
        let header = file.len();
        let header_size = package_header_size(loads.len());
        file.resize(header + header_size, 0);
        let chunks: Vec<_> = loads
            .iter()
            .map(|load| self.append(&mut file, load))
            .collect();
        let end = file.len() + PACKAGE_END.len();
        let end = end.next_multiple_of(HEADER_ALIGNMENT as usize);
        file.resize(end - PACKAGE_END.len(), 0);
        file.extend(PACKAGE_END);
        let package = Package {
            size: file.len() as u64,
            unpacker_checksum: crc32c(&self.unpacker),
            chunks: &chunks,
            ..self.package
        };
        let place = file.get_mut(header..header + header_size.min(PACKAGE_HEADER_MAX_SIZE))?;
        package.encode(place, crc32c).ok()?;
        self.changes.make(place);
        mend(place);
        Some(self.wrap(file))
    }

    /// Appends the stored bytes of `load`.
    fn append(&self, file: &mut Vec<u8>, load: &Load) -> Chunk {
        let is_header = load.content.starts_with(&MAGIC);
        let block = (self.is_compressed && !is_header)
            .then(|| lz4_flex::block::compress(&load.content))
            .filter(|block| block.len() < load.content.len());
        let encoding = match block {
            Some(_) => Encoding::Lz4,
            None => Encoding::Identity,
        };
        let stored = block.as_ref().unwrap_or(&load.content);
        file.resize(file.len().next_multiple_of(ALIGNMENT), 0);
        let offset = file.len() as u64;
        file.extend(stored);
        Chunk::new(
            PhysRange::new(PhysAddr(load.address), load.memory_size),
            load.content.len() as u64,
            Stored {
                offset,
                size: stored.len() as u64,
                encoding,
                checksum: crc32c(stored),
            },
        )
    }

    /// Puts the header for U-Boot before `file`, if there is one.
    fn wrap(&self, file: Vec<u8>) -> Vec<u8> {
        if self.uboot.is_empty() {
            return file;
        }
        let checksum = |bytes: &[u8]| Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(bytes);
        let mut header = self.uboot.clone();
        let mut set = |place: usize, value: u32| {
            header[place..][..size_of::<u32>()].copy_from_slice(&value.to_be_bytes());
        };
        set(UBOOT_SIZE, file.len() as u32);
        set(UBOOT_DATA_CHECKSUM, checksum(&file));
        set(UBOOT_CHECKSUM, 0);
        let own = checksum(&header).to_be_bytes();
        header[UBOOT_CHECKSUM..][..own.len()].copy_from_slice(&own);
        [header, file].concat()
    }

    /// Changes the unpacker.
    pub(super) fn change_unpacker(&mut self, choice: &mut Choice<'_>) -> String {
        let part = choice.part(self.unpacker.len());
        let bytes = choice.bytes(part.len());
        self.unpacker[part.clone()].copy_from_slice(&bytes);
        format!("unpacker: random bytes at {part:#x?}")
    }

    /// Changes a value in the package header that other values depend on.
    pub(super) fn change_value(&mut self, choice: &mut Choice<'_>) -> String {
        let page = PhysAddr(choice.address() & !(PAGE_SIZE - 1));
        let package = &mut self.package;
        match choice.below(4) {
            0 if choice.once_in(2) => package.scratch.start = page,
            0 => package.scratch.start.0 += PAGE_SIZE * choice.below(64),
            1 => package.scratch.slot_size = PAGE_SIZE * choice.below(512),
            2 => package.entry = PhysAddr(choice.address()),
            _ => {
                if let Some(console) = &mut package.machine.console {
                    console.base = PhysAddr(choice.address());
                }
            }
        }
        format!(
            "package header: now with {:?}, entry {}, {:?}",
            package.scratch, package.entry, package.machine.console
        )
    }

    /// Changes a field of the package header, or of that for U-Boot. The file makes `loads`.
    pub(super) fn change_field(
        &mut self,
        choice: &mut Choice<'_>,
        loads: &[Load],
    ) -> Option<String> {
        if !self.uboot.is_empty() && choice.once_in(4) {
            let change = choice.change_field(&mut self.uboot, &[])?;
            return Some(format!("header for U-Boot: {change}"));
        }
        let file = self.write(loads)?;
        let start = self.uboot.len() + self.unpacker.len();
        let before = file.get(start..start + package_header_size(loads.len()))?;
        let mut header = before.to_vec();
        let change = choice.change_field(&mut header, &[])?;
        self.changes.note(before, &header);
        Some(format!("package header: {change}"))
    }
}

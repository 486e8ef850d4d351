// SPDX-License-Identifier: BSD-2-Clause

//! Memory as it is when an image has been loaded.

use crc::{CRC_32_ISCSI, Crc};
use goblin::elf::Elf;
use goblin::elf::program_header::PT_LOAD;
use kaal_payload::{MAX_SIZE, Payload, PhysRange, Region};
use zerocopy::IntoBytes;

/// Computes the checksums that payload headers use.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    Crc::<u32>::new(&CRC_32_ISCSI).checksum(bytes)
}

/// A loaded image.
pub(crate) struct Loaded {
    pub(crate) entry: u64,
    /// The segments' addresses and memory, ascending.
    segments: Vec<(u64, Vec<u8>)>,
    header: Vec<u64>,
}

impl Loaded {
    /// Loads an image, which must be one that any loader of ELF files accepts.
    pub(crate) fn new(image: &[u8]) -> Self {
        let elf = Elf::parse(image).expect("an ELF file");
        let mut segments: Vec<(u64, Vec<u8>)> = Vec::new();
        for header in &elf.program_headers {
            assert_eq!(header.p_type, PT_LOAD);
            assert_eq!(header.p_vaddr, header.p_paddr);
            assert_eq!(
                header.p_offset % header.p_align,
                header.p_vaddr % header.p_align
            );
            if let Some((start, memory)) = segments.last() {
                assert!(start + memory.len() as u64 <= header.p_paddr);
            }
            let mut memory = image[header.file_range()].to_vec();
            memory.resize(header.p_memsz as usize, 0);
            segments.push((header.p_paddr, memory));
        }
        let mut loaded = Self {
            entry: elf.entry,
            segments,
            header: Vec::new(),
        };
        loaded.header = loaded.find_header();
        loaded
    }

    /// `size` bytes at `start`, all of which the image defines.
    pub(crate) fn read(&self, start: u64, size: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (base, memory) in &self.segments {
            let next = start + bytes.len() as u64;
            let missing = (size as usize) - bytes.len();
            if let Some(skipped) = next.checked_sub(*base)
                && let Some(rest) = memory.get(skipped as usize..)
            {
                bytes.extend(&rest[..missing.min(rest.len())]);
            }
        }
        assert_eq!(
            bytes.len() as u64,
            size,
            "undefined memory behind {start:#x}"
        );
        bytes
    }

    /// Size in bytes of all segments.
    pub(crate) fn size(&self) -> u64 {
        self.segments
            .iter()
            .map(|(_, memory)| memory.len() as u64)
            .sum()
    }

    /// Whether the image defines the byte at `address`.
    pub(crate) fn defines(&self, address: u64) -> bool {
        self.segments
            .iter()
            .any(|(start, memory)| (*start..start + memory.len() as u64).contains(&address))
    }

    /// The payload header's page, found by its magic.
    fn find_header(&self) -> Vec<u64> {
        let (start, _) = self
            .segments
            .iter()
            .find(|(_, memory)| memory.starts_with(&kaal_payload::MAGIC))
            .expect("a payload header");
        self.read(*start, MAX_SIZE as u64)
            .chunks_exact(8)
            .map(|word| u64::from_le_bytes(word.try_into().expect("8 bytes")))
            .collect()
    }

    /// The payload header.
    pub(crate) fn payload(&self) -> Payload<'_> {
        Payload::parse(self.header.as_bytes(), crc32c).expect("a payload header")
    }

    /// Checks that a region holds what its checksum says, and zeroes behind.
    pub(crate) fn check_region(&self, region: &Region) {
        let memory = region.memory().expect("a valid region");
        let content = self.read_range(memory);
        let (stored, zeroes) = content.split_at(region.file_size() as usize);
        assert_eq!(crc32c(stored), region.digest().crc32c(), "{memory}");
        assert!(zeroes.iter().all(|&byte| byte == 0), "{memory}");
    }

    pub(crate) fn read_range(&self, range: PhysRange) -> Vec<u8> {
        self.read(range.start.0, range.size())
    }
}

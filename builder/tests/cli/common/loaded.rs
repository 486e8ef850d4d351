// SPDX-License-Identifier: BSD-2-Clause

//! Loads an image into memory, as a boot loader does.

use crc::{CRC_32_ISCSI, Crc};
use goblin::elf::Elf;
use goblin::elf::program_header::PT_LOAD;
use kaal_payload::{Digest, Integrity, MAX_SIZE, Payload, PhysRange, Region};
use sha2::{Digest as _, Sha256};
use zerocopy::IntoBytes;

/// Computes the checksums that payload headers use.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    Crc::<u32>::new(&CRC_32_ISCSI).checksum(bytes)
}

/// A loaded image.
pub(crate) struct Loaded {
    pub(crate) entry: u64,
    /// Ascending.
    segments: Vec<Segment>,
    header: Vec<u64>,
}

/// Memory that begins with `content` and is zero from there on.
struct Segment {
    start: u64,
    size: u64,
    content: Vec<u8>,
}

impl Segment {
    fn end(&self) -> u64 {
        self.start + self.size
    }
}

impl Loaded {
    /// Loads an image, which must be one that any loader of ELF files accepts.
    pub(crate) fn new(image: &[u8]) -> Self {
        let elf = Elf::parse(image).expect("an ELF file");
        let mut segments: Vec<Segment> = Vec::new();
        for header in &elf.program_headers {
            assert_eq!(header.p_type, PT_LOAD);
            assert_eq!(header.p_vaddr, header.p_paddr);
            assert_eq!(
                header.p_offset % header.p_align,
                header.p_vaddr % header.p_align
            );
            segments.push(Segment {
                start: header.p_paddr,
                size: header.p_memsz,
                content: image[header.file_range()].to_vec(),
            });
        }
        Self::of_segments(elf.entry, segments)
    }

    /// The memory of an unpacked image with the entry point `entry`.
    pub(crate) fn unpacked(entry: u64, chunks: Vec<(PhysRange, Vec<u8>)>) -> Self {
        let segments = chunks.into_iter().map(|(memory, content)| Segment {
            start: memory.start.0,
            size: memory.size(),
            content,
        });
        Self::of_segments(entry, segments.collect())
    }

    fn of_segments(entry: u64, segments: Vec<Segment>) -> Self {
        for pair in segments.windows(2) {
            assert!(pair[0].end() <= pair[1].start);
        }
        let mut loaded = Self {
            entry,
            segments,
            header: Vec::new(),
        };
        loaded.header = loaded.find_header();
        loaded
    }

    /// `size` bytes at `start`, all of which the image defines.
    pub(crate) fn read(&self, start: u64, size: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        for segment in &self.segments {
            let next = start + bytes.len() as u64;
            let end = segment.end().min(start + size);
            if segment.start <= next && next < end {
                let skipped = (next - segment.start) as usize;
                let stored = segment.content.get(skipped..).unwrap_or_default();
                let wanted = (end - next) as usize;
                bytes.extend(&stored[..stored.len().min(wanted)]);
                bytes.resize((end - start) as usize, 0);
            }
        }
        assert_eq!(
            bytes.len() as u64,
            size,
            "undefined memory behind {start:#x}"
        );
        bytes
    }

    /// Whether `size` bytes of memory at `start` are `content` and zero from there on.
    pub(crate) fn holds(&self, start: u64, content: &[u8], size: u64) -> bool {
        let end = start + size;
        let mut next = start;
        for segment in &self.segments {
            let to = segment.end().min(end);
            if segment.start.max(start) >= to {
                continue;
            }
            if segment.start > next {
                return false;
            }
            let zeroes =
                (start + content.len() as u64).max(segment.start + segment.content.len() as u64);
            let byte = |bytes: &[u8], base: u64, address: u64| {
                bytes.get((address - base) as usize).copied().unwrap_or(0)
            };
            let differs = |address: u64| {
                byte(content, start, address) != byte(&segment.content, segment.start, address)
            };
            if (next..to.min(zeroes)).any(differs) {
                return false;
            }
            next = to;
        }
        next == end
    }

    /// Size in bytes of all segments.
    pub(crate) fn size(&self) -> u64 {
        self.segments.iter().map(|segment| segment.size).sum()
    }

    /// Whether the image defines the byte at `address`.
    pub(crate) fn defines(&self, address: u64) -> bool {
        self.segments
            .iter()
            .any(|segment| (segment.start..segment.end()).contains(&address))
    }

    /// The payload header's pages: the first content that is one, since others may begin like it.
    fn find_header(&self) -> Vec<u64> {
        let headers = self
            .segments
            .iter()
            .filter(|segment| segment.content.starts_with(&kaal_payload::MAGIC))
            .map(|segment| {
                let mut pages = segment.content.clone();
                pages.resize(MAX_SIZE, 0);
                words(&pages)
            });
        headers
            .into_iter()
            .find(|words| Payload::parse(words.as_bytes(), crc32c).is_ok())
            .expect("a payload header")
    }

    /// The payload header.
    pub(crate) fn payload(&self) -> Payload<'_> {
        Payload::parse(self.header.as_bytes(), crc32c).expect("a payload header")
    }

    /// Checks that a region holds what its digest says, and zeroes behind.
    pub(crate) fn check_region(&self, region: &Region) {
        let memory = region.memory().expect("a valid region");
        let stored = self.read(memory.start.0, region.file_size());
        let digest = match self.payload().integrity {
            Integrity::Sha256 => Digest::from_sha256(Sha256::digest(&stored).into()),
            _ => Digest::from_crc32c(crc32c(&stored)),
        };
        assert_eq!(*region.digest(), digest, "{memory}");
        assert!(
            self.holds(memory.start.0, &stored, memory.size()),
            "{memory}"
        );
    }

    pub(crate) fn read_range(&self, range: PhysRange) -> Vec<u8> {
        self.read(range.start.0, range.size())
    }
}

fn words(bytes: &[u8]) -> Vec<u64> {
    bytes
        .chunks_exact(8)
        .map(|word| u64::from_le_bytes(word.try_into().expect("8 bytes")))
        .collect()
}

// SPDX-License-Identifier: BSD-2-Clause

//! Reads and writes package headers.

use core::mem::offset_of;

use zerocopy::IntoBytes;

use super::Scratch;
use super::layout::{Chunk, HEADER_ALIGNMENT, Header, Locator, PACKAGE_HEADER_MAX_SIZE};
use crate::header::{self, Length, elements, peek, preamble};
use crate::{Integrity, LogLevel, Machine, PAGE_SIZE, PackageError, PhysAddr, PhysRange};

/// Offset of the [`Locator`] in a header.
pub const LOCATOR_OFFSET: usize = offset_of!(Header, locator);

/// Alignment in bytes of the loader's entry point: the size of an instruction.
const INSTRUCTION: u64 = 4;

/// All that the unpacker needs to know of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Package<'a> {
    /// Size in bytes of the package.
    pub size: u64,
    /// The memory that the unpacker works in.
    pub scratch: Scratch,
    /// The loader's entry point.
    pub entry: PhysAddr,
    /// The machine, from the embedded device tree.
    pub machine: Machine,
    /// How much the unpacker prints.
    pub log_level: LogLevel,
    /// How the image is verified. The unpacker always verifies compressed chunks, and others unless this is
    /// [`Integrity::None`].
    pub integrity: Integrity,
    /// CRC-32C of the bytes of the package before the header: the unpacker, and the start of some formats.
    pub unpacker_checksum: u32,
    /// The chunks, disjoint, and in ascending order of addresses and of stored bytes.
    pub chunks: &'a [Chunk],
}

impl<'a> Package<'a> {
    /// Reads the header at the start of `bytes`. `crc32c` computes its checksum.
    ///
    /// # Errors
    ///
    /// Fails on any deviation from the format.
    pub fn parse(bytes: &'a [u8], crc32c: impl FnOnce(&[u8]) -> u32) -> Result<Self, PackageError> {
        let (header, rest) = header::open::<Header, true>(bytes, Header::length, crc32c)?;
        let (chunks, _) =
            elements(rest, header.chunk_count as usize).ok_or(PackageError::Truncated {
                needed: header.length as usize,
                found: bytes.len(),
            })?;
        let package =
            Self::from_header(header, chunks).map_err(|name| PackageError::Field { name })?;
        package.check_chunks()?;
        Ok(package)
    }

    /// The machine in the header at the start of `bytes`. The rest of the header may be malformed: its errors must
    /// reach the console too.
    pub fn peek_machine(bytes: &[u8]) -> Machine {
        peek::<Header, true>(bytes)
            .map_or_else(Machine::default, |(header, _)| header.machine.peek())
    }

    /// All memory that the unpacker of an intact header at the start of `bytes` writes to; `None` if there is no header.
    pub fn peek_memory(bytes: &[u8]) -> Option<impl Iterator<Item = PhysRange>> {
        let (header, rest) = peek::<Header, true>(bytes)?;
        let (chunks, _) = elements::<Chunk>(rest, header.chunk_count as usize)?;
        let Locator {
            work_start,
            slot_size,
            package_size,
            ..
        } = header.locator;
        let scratch = Scratch::new(work_start, slot_size, package_size);
        let chunks = chunks.iter().map(Chunk::memory);
        Some(chunks.chain(scratch.memory()))
    }

    /// Writes the header to the start of `out` and returns its size.
    ///
    /// # Errors
    ///
    /// Fails with [`PackageError::Truncated`] if `out` is too small.
    pub fn encode(
        &self,
        out: &mut [u8],
        crc32c: impl FnOnce(&[u8]) -> u32,
    ) -> Result<usize, PackageError> {
        let size = package_header_size(self.chunks.len());
        let header = self.to_header(size as u32);
        let parts = [header.as_bytes(), self.chunks.as_bytes()];
        header::write(&parts, size, out, crc32c)
    }

    /// The package, or the name of the malformed field.
    fn from_header(header: &Header, chunks: &'a [Chunk]) -> Result<Self, &'static str> {
        let Locator {
            work_start,
            slot_size,
            package_size,
            ..
        } = header.locator;
        let is_sound = header.locator == Locator::new(work_start, slot_size, package_size)
            && work_start.is_page_aligned()
            && slot_size.is_multiple_of(PAGE_SIZE)
            && package_size.is_multiple_of(HEADER_ALIGNMENT)
            && package_size <= u64::MAX - PAGE_SIZE;
        if !is_sound {
            return Err("work area");
        }
        let scratch = Scratch::new(work_start, slot_size, package_size);
        scratch.memory().ok_or("work area")?;
        if header.reserved != [0; 2] {
            return Err("reserved");
        }
        let in_chunk = |chunk: &Chunk| {
            let memory = chunk.memory();
            memory.start <= header.entry && header.entry < memory.end
        };
        if !header.entry.0.is_multiple_of(INSTRUCTION) || !chunks.iter().any(in_chunk) {
            return Err("entry");
        }
        Ok(Self {
            size: package_size,
            scratch,
            entry: header.entry,
            machine: header.machine.machine()?,
            log_level: LogLevel::from_wire(header.log_level).ok_or("log level")?,
            integrity: Integrity::from_wire(header.integrity).ok_or("integrity")?,
            unpacker_checksum: header.unpacker_checksum,
            chunks,
        })
    }

    /// Checks each chunk: its fields, that it follows the one before it, and that it doesn't overlap the unpacker's
    /// working memory.
    fn check_chunks(&self) -> Result<(), PackageError> {
        let scratch = self.scratch.memory();
        let (mut memory_end, mut stored_end) = (PhysAddr(0), 0);
        for (index, chunk) in self.chunks.iter().enumerate() {
            let memory = chunk.memory();
            let stored = chunk.stored();
            let is_sound = chunk.is_well_formed()
                && memory_end <= memory.start
                && stored_end <= stored.offset
                && stored.size <= self.size.saturating_sub(stored.offset)
                && !scratch.is_some_and(|scratch| scratch.overlaps(memory));
            if !is_sound {
                return Err(PackageError::Item { index });
            }
            (memory_end, stored_end) = (memory.end, stored.offset + stored.size);
        }
        Ok(())
    }

    fn to_header(self, length: u32) -> Header {
        Header {
            preamble: preamble::<true>(),
            locator: Locator::new(self.scratch.start, self.scratch.slot_size, self.size),
            length,
            chunk_count: self.chunks.len() as u32,
            entry: self.entry,
            machine: self.machine.into(),
            log_level: self.log_level as u8,
            integrity: self.integrity as u8,
            reserved: [0; 2],
            unpacker_checksum: self.unpacker_checksum,
        }
    }
}

impl Header {
    fn length(&self) -> Length {
        let count = self.chunk_count as usize;
        Length {
            stated: self.length,
            items: self.chunk_count,
            computed: (count <= PACKAGE_HEADER_MAX_SIZE).then(|| package_header_size(count)),
        }
    }
}

/// Size in bytes of a header with `chunks` chunks.
pub const fn package_header_size(chunks: usize) -> usize {
    size_of::<Header>() + chunks * size_of::<Chunk>()
}

// SPDX-License-Identifier: BSD-2-Clause

//! Packing an image.

mod lz4;
pub(super) mod scratch;

use std::borrow::Cow;

use kaal_payload::{
    Chunk as PackedChunk, HEADER_ALIGNMENT, PACKAGE_END, PACKAGE_HEADER_MAX_SIZE, PAGE_SIZE,
    Package, PhysAddr, Scratch, Stored, package_header_size, slot_size,
};
use zerocopy::IntoBytes;

use crate::diagnostic::Diagnostic;
use crate::format::digest::crc32c;
use crate::format::head::Head;
use crate::format::{Compression, FileMap, FileMapEntry, STORED_ALIGNMENT};
use crate::memory::chunk::Chunk;
use crate::parts::Parts;
use crate::parts::boot_program::{BootProgram, flatten};

/// What is in a package, which still may be unpacked by way of any memory.
pub(super) struct UnplacedPackage<'a> {
    parts: &'a Parts<'a>,
    entry: PhysAddr,
    /// The unpacker, with the first bytes that the format asks for.
    unpacker: Vec<u8>,
    unpacker_memory: u64,
    chunks: Vec<PackedChunk>,
    stored: Vec<Cow<'a, [u8]>>,
    size: usize,
}

impl<'a> UnplacedPackage<'a> {
    /// Packs `chunks`, which ascend, for `unpacker`. What they become is entered at `entry`.
    pub(super) fn new(
        parts: &'a Parts<'a>,
        unpacker: &BootProgram,
        entry: PhysAddr,
        chunks: &'a [Chunk<'a>],
    ) -> Self {
        let mut contents = Self {
            parts,
            entry,
            unpacker: flatten(0, &unpacker.parts),
            unpacker_memory: unpacker.memory(),
            chunks: Vec::with_capacity(chunks.len()),
            stored: Vec::with_capacity(chunks.len()),
            size: 0,
        };
        let mut next = contents.header_offset() + package_header_size(chunks.len());
        for chunk in chunks {
            let compression = match chunk.content.starts_with(&kaal_payload::MAGIC) {
                // So that it can be signed.
                true => Compression::None,
                false => parts.settings.compression,
            };
            let (encoding, content) = lz4::store(chunk.content, compression);
            let offset = next.next_multiple_of(STORED_ALIGNMENT);
            next = offset + content.len();
            let stored = Stored {
                offset: offset as u64,
                size: content.len() as u64,
                encoding,
                checksum: crc32c(&content),
            };
            let size = chunk.content.len() as u64;
            contents
                .chunks
                .push(PackedChunk::new(chunk.memory, size, stored));
            contents.stored.push(content);
        }
        contents.size = (next + PACKAGE_END.len()).next_multiple_of(HEADER_ALIGNMENT as usize);
        contents.write_head(unpacker.entry);
        contents
    }

    /// Writes what the format begins with over the unpacker's ELF header, which nobody needs.
    fn write_head(&mut self, entry: u64) {
        let memory = self
            .unpacker_memory
            .max(self.size())
            .next_multiple_of(PAGE_SIZE);
        let head = Head::new(self.parts.settings.format, entry, memory);
        for (place, &byte) in self.unpacker.iter_mut().zip(head.as_bytes()) {
            *place = byte;
        }
    }

    /// Size in bytes of the package.
    pub(super) fn size(&self) -> u64 {
        self.size as u64
    }

    /// The memory from `start` on that is needed for unpacking.
    pub(super) fn scratch(&self, start: PhysAddr) -> Scratch {
        Scratch::new(start, slot_size(self.unpacker_memory), self.size())
    }

    fn header_offset(&self) -> usize {
        self.unpacker
            .len()
            .next_multiple_of(HEADER_ALIGNMENT as usize)
    }

    /// The package, which is unpacked by way of `scratch`.
    pub(super) fn write(&self, scratch: Scratch) -> Result<Vec<u8>, Diagnostic> {
        let mut unpacker = self.unpacker.clone();
        unpacker.resize(self.header_offset(), 0);
        let settings = self.parts.settings;
        let device_tree = self.parts.device_tree.as_ref();
        let package = Package {
            size: self.size(),
            scratch,
            entry: self.entry,
            machine: device_tree.map(|tree| tree.machine).unwrap_or_default(),
            log_level: settings.log_level,
            integrity: settings.integrity,
            unpacker_checksum: crc32c(&unpacker),
            chunks: &self.chunks,
        };
        let header_size = package_header_size(self.chunks.len());
        let mut header = vec![0; header_size.min(PACKAGE_HEADER_MAX_SIZE)];
        package
            .encode(&mut header, crc32c)
            .map_err(|error| self.too_many_segments(&error.to_string()))?;

        let mut file = Vec::with_capacity(self.size);
        file.extend_from_slice(&unpacker);
        file.extend_from_slice(&header);
        for (chunk, content) in self.chunks.iter().zip(&self.stored) {
            file.resize(chunk.stored().offset as usize, 0);
            file.extend_from_slice(content);
        }
        file.resize(self.size - PACKAGE_END.len(), 0);
        file.extend_from_slice(&PACKAGE_END);
        Ok(file)
    }

    fn too_many_segments(&self, found: &str) -> Diagnostic {
        self.parts
            .origins
            .app
            .diagnostic("too many segments, with those of the kernel")
            .expected("a package header that fits a page")
            .found(found)
            .remedy("link the root task with fewer PT_LOADs, or choose --format elf")
    }

    /// What lies where in the package.
    pub(super) fn map(&self) -> FileMap {
        let header = self.header_offset();
        let made = |what, offset, size| FileMapEntry {
            offset,
            size,
            what,
            memory: None,
        };
        let mut entries = vec![
            made("unpacker", 0, self.unpacker.len() as u64),
            made(
                "package header",
                header as u64,
                package_header_size(self.chunks.len()) as u64,
            ),
        ];
        entries.extend(self.chunks.iter().map(FileMapEntry::of_chunk));
        FileMap::new(entries)
    }
}

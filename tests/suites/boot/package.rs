// SPDX-License-Identifier: BSD-2-Clause

//! Reads, changes and loads a packed image under test.

use std::fs;

use anyhow::{Context, Result, ensure};
use kaal_harness::firmware::{PASS_ON, entered, loaded};
use kaal_harness::image::package_header;
use kaal_payload::{
    Chunk, Encoding, MAGIC, MAX_SIZE, Package, Payload, PhysAddr, PhysRange, Scratch, Stored,
};
use zerocopy::IntoBytes;

use crate::firmware::started;
use crate::image::{Image, crc32c};

/// Facts about a package.
pub(crate) struct Layout {
    pub(crate) size: u64,
    pub(crate) scratch: Scratch,
    pub(crate) chunks: Vec<Chunk>,
}

impl Layout {
    /// The layout of the packed image.
    pub(crate) fn of(image: &Image) -> Result<Self> {
        let (_, page) = package_header(&fs::read(image.path())?)?;
        let package = Package::parse(page.as_bytes(), crc32c)?;
        Ok(Self {
            size: package.size,
            scratch: package.scratch,
            chunks: package.chunks.to_vec(),
        })
    }

    /// The place to which the loader is unpacked.
    pub(crate) fn loader(&self) -> Result<PhysRange> {
        // It lies behind everything else.
        let last = self.chunks.last().context("no chunks")?.memory();
        let starts = self.chunks.iter().rev().map(Chunk::memory);
        let start = starts
            .scan(last.end, |end, memory| {
                let adjoins = memory.end == *end;
                *end = memory.start;
                adjoins.then_some(memory.start)
            })
            .last();
        Ok(PhysRange {
            start: start.unwrap_or(last.start),
            end: last.end,
        })
    }

    /// The two areas in which the unpacker may work.
    pub(crate) fn areas(&self) -> [PhysRange; 2] {
        let spare = self.scratch.spare();
        let whole = self.scratch.memory().unwrap_or(spare);
        [(whole.start, spare.start), (spare.end, whole.end)]
            .map(|(start, end)| PhysRange { start, end })
    }
}

/// Changes the package header of the packed image, and corrects its checksum.
pub(crate) fn change_header(image: &Image, change: impl FnOnce(&mut Package<'_>)) -> Result<()> {
    image.change(|bytes| {
        let (start, page) = package_header(bytes)?;
        let mut package = Package::parse(page.as_bytes(), crc32c)?;
        change(&mut package);
        package.encode(&mut bytes[start..], crc32c)?;
        Ok(())
    })
}

/// Changes the stored bytes of the largest chunk and their size in the header. They must not get
/// longer.
pub(crate) fn change_largest(
    image: &Image,
    change: impl FnOnce(&[u8]) -> Result<Vec<u8>>,
) -> Result<PhysRange> {
    let Layout { mut chunks, .. } = Layout::of(image)?;
    let chunk = chunks.iter_mut().max_by_key(|chunk| chunk.stored().size);
    let chunk = chunk.context("no chunks")?;
    let stored = chunk.stored();
    let place = stored.offset as usize..(stored.offset + stored.size) as usize;
    let memory = chunk.memory();
    image.change(|bytes| {
        let changed = change(&bytes[place.clone()])?;
        ensure!(changed.len() <= place.len(), "{} bytes", changed.len());
        bytes[place.start..][..changed.len()].copy_from_slice(&changed);
        let stored = Stored {
            size: changed.len() as u64,
            checksum: crc32c(&changed),
            ..stored
        };
        *chunk = Chunk::new(memory, chunk.size(), stored);
        Ok(())
    })?;
    let mut changed = None;
    change_header(image, |package| {
        let chunks: &[Chunk] = chunks.leak();
        package.chunks = chunks;
        changed = Some(memory);
    })?;
    changed.context("no chunk was changed")
}

/// Makes the chunk with this index `content` at `memory`. It must not get longer.
pub(crate) fn replace_chunk(
    image: &Image,
    index: usize,
    memory: PhysRange,
    content: &[u8],
) -> Result<()> {
    let Layout { mut chunks, .. } = Layout::of(image)?;
    let chunk = chunks.get_mut(index).context("no such chunk")?;
    let (stored, size) = (chunk.stored(), content.len() as u64);
    ensure!(size <= stored.size, "{size} bytes");
    image.change(|bytes| {
        bytes[stored.offset as usize..][..content.len()].copy_from_slice(content);
        Ok(())
    })?;
    let stored = Stored {
        size,
        encoding: Encoding::Identity,
        checksum: crc32c(content),
        ..stored
    };
    *chunk = Chunk::new(memory, size, stored);
    let chunks: &[Chunk] = chunks.leak();
    change_header(image, |package| package.chunks = chunks)
}

/// Changes the payload header in the packed image, and corrects all checksums.
pub(crate) fn change_payload(image: &Image, change: impl FnOnce(&mut Payload<'_>)) -> Result<()> {
    let bytes = fs::read(image.path())?;
    let chunks = Layout::of(image)?.chunks;
    let start = |chunk: &Chunk| &bytes[chunk.stored().offset as usize..];
    let index = chunks
        .iter()
        .position(|chunk| start(chunk).starts_with(&MAGIC));
    let index = index.context("the package has no payload header")?;
    let mut pages = vec![0u64; MAX_SIZE / size_of::<u64>()];
    let size = chunks[index].size() as usize;
    pages.as_mut_bytes()[..size].copy_from_slice(&start(&chunks[index])[..size]);
    let mut payload = Payload::parse(pages.as_bytes(), crc32c)?;
    change(&mut payload);
    let mut header = vec![0; size];
    payload.encode(&mut header, crc32c)?;
    replace_chunk(image, index, chunks[index].memory(), &header)
}

/// Boots the packed image at `address`, with nothing in x0.
pub(crate) fn boot_at(image: &Image, address: u64, expected: &str) -> Result<String> {
    let start = entered(address);
    image.boot_loaded(&[loaded(&image.path(), address), start].concat(), expected)
}

/// Like [`boot_at`], by a firmware that passes `x0`; `arguments` load more.
pub(crate) fn boot_with_x0(
    image: &Image,
    address: u64,
    x0: u64,
    arguments: Vec<String>,
    expected: &str,
) -> Result<String> {
    let package = loaded(&image.path(), address);
    let firmware = started(image, &PASS_ON, &[x0, address])?;
    image.boot_loaded(&[package, firmware, arguments].concat(), expected)
}

/// The address that is `offset` bytes behind `address`.
pub(crate) fn behind(address: PhysAddr, offset: i64) -> u64 {
    address.0.wrapping_add_signed(offset)
}

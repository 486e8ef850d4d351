// SPDX-License-Identifier: BSD-2-Clause

//! An image that can be changed: the memory that it makes, and how its file stores that.

use std::ops::Range;

use anyhow::Result;
use goblin::elf::header::ELFMAG;
use kaal_flips::Span;
use kaal_payload::{Digest, Integrity, MAGIC, Payload, Region, SIGNED_FROM};
use sha2::{Digest as _, Sha256};
use zerocopy::IntoBytes;

use super::executable::Executable;
use super::packed::Packed;
use crate::image::crc32c;

/// Place of the checksum in payload and package headers, which covers all bytes behind it.
pub(super) const CHECKSUM: Range<usize> = 12..16;

/// The most memory that a digest is computed of.
const MOST_DIGESTED: u64 = 1 << 22;

/// A piece of memory that an image makes: its content, then zeroes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) address: u64,
    pub(super) memory_size: u64,
    pub(super) content: Vec<u8>,
}

/// How a file stores memory.
#[derive(Clone)]
pub(super) enum Container {
    Executable(Executable),
    Packed(Packed),
}

/// An image.
#[derive(Clone)]
pub(super) struct Image {
    pub(super) loads: Vec<Load>,
    /// The loader's memory.
    pub(super) loader: Span,
    pub(super) container: Container,
}

impl Image {
    /// Reads an image's file, whose loader lies at `loader`.
    pub(super) fn read(file: &[u8], loader: Span) -> Result<Self> {
        let (loads, container) = if file.starts_with(ELFMAG) {
            let (loads, executable) = Executable::read(file)?;
            (loads, Container::Executable(executable))
        } else {
            let (loads, packed) = Packed::read(file)?;
            (loads, Container::Packed(packed))
        };
        Ok(Self {
            loads,
            loader,
            container,
        })
    }

    /// The file, as the builder would write it; `None` if that is impossible.
    pub(super) fn write(&self) -> Option<Vec<u8>> {
        match &self.container {
            Container::Executable(executable) => executable.write(&self.loads),
            Container::Packed(packed) => packed.write(&self.loads),
        }
    }

    /// The payload header, unless something else lies there.
    pub(super) fn header(&mut self) -> Option<&mut Vec<u8>> {
        let mut loads = self.loads.iter_mut();
        let load = loads.find(|load| load.content.starts_with(&MAGIC));
        load.map(|load| &mut load.content)
    }

    /// Changes the payload header as a whole. Returns `None` if it is malformed.
    pub(super) fn change_payload<T>(
        &mut self,
        change: impl FnOnce(&Self, &mut Payload<'_>, &mut Vec<Region>) -> Option<T>,
    ) -> Option<T> {
        let header = self.header()?.clone();
        let mut words = vec![0u64; header.len().div_ceil(size_of::<u64>())];
        words.as_mut_bytes()[..header.len()].copy_from_slice(&header);
        let mut payload = Payload::parse(words.as_bytes(), crc32c).ok()?;
        let mut regions = payload.regions.to_vec();
        let result = change(self, &mut payload, &mut regions)?;
        let payload = Payload {
            regions: &regions,
            ..payload
        };
        let mut again = vec![0; payload.size()];
        payload.encode(&mut again, crc32c).ok()?;
        *self.header()? = again;
        Some(result)
    }

    /// Corrects the checksum of the payload header.
    pub(super) fn mend_header(&mut self) {
        let Some(header) = self.header() else {
            return;
        };
        let length = header.get(SIGNED_FROM..).and_then(<[u8]>::first_chunk);
        let length = length.map_or(0, |&length| u32::from_le_bytes(length) as usize);
        let length = length.min(header.len());
        mend(&mut header[..length]);
    }

    /// Computes all digests in the payload header anew.
    pub(super) fn mend_digests(&mut self) -> Option<()> {
        self.change_payload(|image, payload, regions| {
            let loader = payload.load_address.0;
            payload.loader.digest = image.digest(payload.integrity, loader, payload.loader.size)?;
            for region in regions {
                let (kind, memory) = (region.kind()?, region.memory()?);
                let size = region.file_size();
                let digest = image.digest(payload.integrity, memory.start.0, size)?;
                *region = Region::new(kind, memory, size, digest);
            }
            Some(())
        })
    }

    /// The digest of memory.
    pub(super) fn digest(&self, integrity: Integrity, start: u64, size: u64) -> Option<Digest> {
        if size > MOST_DIGESTED {
            return None;
        }
        let mut bytes = vec![0; size as usize];
        for load in &self.loads {
            let first = load.address.max(start);
            let end = load.address.saturating_add(load.content.len() as u64);
            let end = end.min(start.saturating_add(size));
            if first < end {
                let from = (first - load.address) as usize..(end - load.address) as usize;
                let to = (first - start) as usize..(end - start) as usize;
                bytes[to].copy_from_slice(&load.content[from]);
            }
        }
        Some(match integrity {
            Integrity::Sha256 => Digest::from_sha256(Sha256::digest(&bytes).into()),
            Integrity::None | Integrity::Crc32c => Digest::from_crc32c(crc32c(&bytes)),
        })
    }
}

/// Corrects the checksum of a header that takes all of `bytes`.
pub(super) fn mend(bytes: &mut [u8]) {
    if let Some((start, checked)) = bytes.split_at_mut_checked(CHECKSUM.end) {
        start[CHECKSUM].copy_from_slice(&crc32c(checked).to_le_bytes());
    }
}

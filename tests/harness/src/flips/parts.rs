// SPDX-License-Identifier: BSD-2-Clause

//! Finds the part of the image to which each byte of the file belongs.

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use kaal_flips::Span;
use kaal_payload::Package;
use zerocopy::IntoBytes;

use super::guest::{Guest, crc32c};
use crate::image::package_header;

/// Sizes of an ELF file's header and of a program header.
const ELF_HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;

/// The name of the part of each byte.
pub(super) struct Parts(Vec<&'static str>);

impl Parts {
    /// The parts of an ELF file.
    pub(super) fn of_elf(file: &[u8], guest: &Guest) -> Result<Self> {
        let elf = Elf::parse(file)?;
        let mut parts = Self(vec!["padding"; file.len()]);
        let table = usize::try_from(elf.header.e_phoff)?;
        parts.set(0, ELF_HEADER, |_| "ELF header")?;
        parts.set(
            table,
            elf.program_headers.len() * PROGRAM_HEADER,
            |_| "program header",
        )?;
        for segment in &elf.program_headers {
            let start = segment.file_range().start;
            parts.set(start, segment.file_range().len(), |offset| {
                guest.name(segment.p_paddr + offset as u64)
            })?;
        }
        Ok(parts)
    }

    /// The parts of a package. A compressed chunk has the name of its first part.
    pub(super) fn of_package(file: &[u8], guest: &Guest) -> Result<Self> {
        let (start, header) = package_header(file)?;
        let package = Package::parse(header.as_bytes(), crc32c)?;

        let mut parts = Self(vec!["padding"; file.len()]);
        parts.set(0, start, |_| "unpacker")?;
        let header_size = kaal_payload::package_header_size(package.chunks.len());
        parts.set(start, header_size, |_| "package header")?;
        for chunk in package.chunks {
            let (stored, destination) = (chunk.stored(), chunk.destination().0);
            let is_plain = stored.size == chunk.size();
            parts.set(
                usize::try_from(stored.offset)?,
                usize::try_from(stored.size)?,
                |offset| match is_plain {
                    true => guest.name(destination + offset as u64),
                    false => guest.name(destination),
                },
            )?;
        }
        Ok(parts)
    }

    fn set(
        &mut self,
        start: usize,
        size: usize,
        name: impl Fn(usize) -> &'static str,
    ) -> Result<()> {
        let place = self.0.get_mut(start..start + size);
        let place = place.context("a part lies outside of the file")?;
        ensure!(
            place.iter().all(|&name| name == "padding"),
            "parts of the file overlap at {start:#x}"
        );
        for (offset, part) in place.iter_mut().enumerate() {
            *part = name(offset);
        }
        Ok(())
    }

    /// The part of the bit with this number.
    pub(super) fn name(&self, bit: u64) -> &'static str {
        let byte = usize::try_from(bit / 8).ok();
        byte.and_then(|byte| self.0.get(byte))
            .copied()
            .unwrap_or("nothing")
    }

    /// The parts with their bits, in the order of the file.
    pub(super) fn runs(&self) -> impl Iterator<Item = (&'static str, Span)> {
        let mut start = 0;
        self.0.chunk_by(|a, b| a == b).map(move |run| {
            let bits = start..start + run.len() as u64 * 8;
            start = bits.end;
            let span = Span {
                start: bits.start,
                end: bits.end,
            };
            (run[0], span)
        })
    }
}

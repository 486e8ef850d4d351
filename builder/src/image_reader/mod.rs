// SPDX-License-Identifier: BSD-2-Clause

//! Reading an image's file back: the inverse of what the builder writes.
//!
//! A file may come from anywhere. Nothing in it is trusted: what it claims is compared with its size
//! before memory is asked for, and whatever isn't exactly what the builder would write is refused in
//! words.
//!
//! ```text
//!  file          the bytes of a file, if it is an image, without reading all of it if it isn't
//!  recognise     which format a file has; identify: what it is if it is no image
//!  extents       the memory that it makes, from an ELF file or a package
//!  find          the payload header in that memory
//!  verify        all that digests and checksums tell
//!  patch         the same file with another payload header
//! ```

mod extents;
mod file;
mod find;
mod identify;
mod memory;
mod patch;
mod recognise;
mod verify;

use std::borrow::Cow;
use std::ops::Range;

use kaal_payload::{
    LOADER_MAX_SIZE, Package, Payload, PhysAddr, PhysRange, Region, TRUST_NOTE_TYPE, TrustAnchor,
};
use zerocopy::FromBytes;

pub use file::read;
pub use memory::Extent;

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::File;
use crate::format::{Compression, Format};
use find::Found;
use memory::Memory;
use recognise::{Packed, Shape};

/// An image's file, taken apart.
///
/// It is well-formed: the headers' own checksums are right, and the file is, byte for byte, of the form
/// that the builder gives it. [`ImageReader::verify`] also looks at the content.
#[derive(Clone, Debug)]
pub struct ImageReader<'a> {
    file: File<'a>,
    format: Format,
    entry: PhysAddr,
    memory: Memory<'a>,
    header: Found,
    packed: Option<Packed>,
}

impl<'a> ImageReader<'a> {
    /// Takes `file` apart.
    ///
    /// Its memory is bounded by a fixed limit and by the size of `file`.
    ///
    /// # Errors
    ///
    /// Returns what else the file is, or where it isn't well-formed.
    pub fn open(file: File<'a>) -> Result<Self, Diagnostic> {
        let origin = file.origin(Flag::Image);
        let shape = recognise::recognise(origin, file.content, file.content.len() as u64)?;
        let (format, entry, extents, packed) = match shape {
            Shape::Elf => {
                let (entry, extents) = extents::of_elf(origin, file.content)?;
                (Format::Elf, entry, extents, None)
            }
            Shape::Package(format, packed) => {
                let extents = extents::of_package(origin, file.content, &packed)?;
                (format, packed.package().entry, extents, Some(packed))
            }
        };
        let memory = Memory::new(extents);
        let header = find::payload_header(origin, &memory, entry)?;
        Ok(Self {
            file,
            format,
            entry,
            memory,
            header,
            packed,
        })
    }

    /// The file.
    pub fn file(&self) -> File<'a> {
        self.file
    }

    /// The file's format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How it stores content: LZ4, if any of it is compressed.
    pub fn compression(&self) -> Compression {
        match self.extents().iter().any(|extent| extent.is_compressed) {
            true => Compression::Lz4,
            false => Compression::None,
        }
    }

    /// Where the loader is entered.
    pub fn entry(&self) -> PhysAddr {
        self.entry
    }

    /// The memory that the image makes before the loader is entered, by ascending address.
    pub fn extents(&self) -> &[Extent<'a>] {
        &self.memory.extents
    }

    /// The payload header.
    pub fn payload(&self) -> Payload<'_> {
        self.header.payload()
    }

    /// Where the payload header lies in memory.
    pub fn payload_header(&self) -> PhysRange {
        self.header.memory
    }

    /// The bytes of the payload header in [`Self::file`]. They are stored as they are in memory.
    pub fn payload_header_in_file(&self) -> Range<usize> {
        self.header.in_file.clone()
    }

    /// The memory of the loader: up to the payload header.
    pub fn loader(&self) -> PhysRange {
        (self.payload().load_address..self.header.memory.start).into()
    }

    /// The content of the loader's ELF notes of the type `kind` whose owner is KaaL, as
    /// [`kaal_payload::TRUST_NOTE_TYPE`].
    pub fn loader_notes(&self, kind: u32) -> Vec<Vec<u8>> {
        self.memory.notes(self.loader(), kind)
    }

    /// Whom the loader trusts, if it boots signed images only.
    pub fn trust_anchor(&self) -> Option<TrustAnchor> {
        let notes = self.loader_notes(TRUST_NOTE_TYPE);
        TrustAnchor::read_from_bytes(notes.first()?).ok()
    }

    /// The package header, in a file that is a package.
    pub fn package(&self) -> Option<Package<'_>> {
        self.packed.as_ref().map(Packed::package)
    }

    /// Where the package begins in [`Self::file`], and where its header does, in a file that is one.
    pub fn package_in_file(&self) -> Option<(usize, usize)> {
        let packed = self.packed.as_ref()?;
        Some((packed.start, packed.start + packed.header_offset))
    }

    /// The memory of `range`, with the zeroes that are not in the file.
    ///
    /// `None` where the image doesn't define all of it, or where it is larger than all content of the
    /// image by more than 64 MiB.
    pub fn bytes(&self, range: PhysRange) -> Option<Cow<'_, [u8]>> {
        self.memory.bytes(range)
    }

    /// The bytes that are stored of `region`, a region of [`Self::payload`]; `None` where the image
    /// doesn't define them, or where there are more than even translation tables could need.
    pub fn stored(&self, region: &Region) -> Option<Cow<'_, [u8]>> {
        if region.file_size() > self.memory.content_size + LOADER_MAX_SIZE {
            return None;
        }
        let start = region.memory()?.start;
        self.bytes(PhysRange::from_size(start, region.file_size())?)
    }

    /// Compares all digests, and looks whether all that no digest covers is what it must be.
    ///
    /// What passes was built by this version of the builder, or made to look like it: a change of any
    /// bit of the file is noticed, but only a signature tells who made it.
    ///
    /// # Errors
    ///
    /// Returns the first damage.
    pub fn verify(&self) -> Result<(), Diagnostic> {
        verify::verify(self)
    }

    /// The file with the payload header `header` in the place of its own, which must be of the same
    /// size, as one with a signature is. Checksums that cover it are computed again.
    ///
    /// # Errors
    ///
    /// Returns that the size is another one.
    pub fn with_payload_header(&self, header: &[u8]) -> Result<Vec<u8>, Diagnostic> {
        patch::with_payload_header(self, header)
    }

    pub(crate) fn origin(&self) -> Origin<'a> {
        self.file.origin(Flag::Image)
    }
}

/// Begins to say what is wrong with an image that was whole when it was built.
fn damaged(origin: Origin<'_>, problem: impl Into<String>) -> Diagnostic {
    let diagnostic = origin.diagnostic(problem);
    diagnostic.remedy("build or copy the image again")
}

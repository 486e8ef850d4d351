// SPDX-License-Identifier: BSD-2-Clause

//! Reads and verifies the files that the builder writes.
//!
//! A file can come from anywhere, so the reader trusts nothing in it. It compares claims with the
//! file's size before it allocates memory, and refuses each byte that the builder wouldn't write.
//!
//! ```text
//!  file          reads the file of an image, or the start of any other file
//!  recognise     recognises the format; identify: describes other files
//!  extents       reads the memory that the image makes
//!  find          finds the payload header in that memory
//!  verify        checks all digests, checksums and places
//!  machine       compares the machine with the device tree
//!  page_tables   checks what the page tables map
//!  patch         replaces the payload header
//! ```

mod extents;
mod file;
mod find;
mod identify;
mod machine;
mod memory;
mod page_tables;
mod patch;
mod recognise;
mod verify;

use std::borrow::Cow;
use std::ops::Range;

use kaal_payload::{
    LOADER_MAX_SIZE, Measurement, Package, Payload, PhysAddr, PhysRange, Region, TRUST_NOTE_TYPE,
    TrustAnchor,
};
use zerocopy::FromBytes;

pub use file::read;
pub use memory::Extent;

use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::elf::note;
use crate::files::File;
use crate::format::{Compression, Format, efi};
use find::Found;
use memory::Memory;
use recognise::Packed;

/// A well-formed image file.
///
/// The checksums of its headers are correct, and the file has exactly the form that the builder
/// writes. [`ImageReader::verify`] also checks the content.
///
/// ```
/// use std::path::Path;
///
/// use kaal_elfloader_builder::kaal_payload::VirtAddr;
/// use kaal_elfloader_builder::{File, Image, ImageReader, Inputs, Settings};
///
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/example/programs.rs"));
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (loader, kernel, app) = (loader(), kernel(), app());
/// # let file = |name, content| File { path: Path::new(name), content };
/// # let image = Image::build(&Inputs {
/// #     settings: Settings { boot_arguments: Some("quiet"), ..Settings::default() },
/// #     ..Inputs::new(file("loader", &loader), file("kernel", &kernel), file("app", &app))
/// # })?;
/// # let content = image.file;
/// let opened = ImageReader::open(File { path: Path::new("bootimage.elf"), content: &content })?;
/// opened.verify()?;
/// assert_eq!(opened.payload().kernel_entry, VirtAddr(0xffff_ff80_4000_0000));
/// assert_eq!(opened.payload().boot_arguments, b"quiet\0");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ImageReader<'a> {
    file: File<'a>,
    entry: PhysAddr,
    memory: Memory<'a>,
    header: Found,
    packed: Option<Packed>,
}

impl<'a> ImageReader<'a> {
    /// Reads the image in `file`.
    ///
    /// The size of `file` and a fixed limit bound the memory that this takes.
    ///
    /// # Errors
    ///
    /// Returns an error if the file isn't an image or isn't well-formed.
    pub fn open(file: File<'a>) -> Result<Self, Diagnostic> {
        let origin = file.origin(Flag::Image);
        let packed = recognise::recognise(origin, file.content, file.content.len() as u64)?;
        let (entry, extents) = match &packed {
            None => extents::of_elf(origin, file.content)?,
            Some(packed) => {
                let extents = extents::of_package(origin, file.content, packed)?;
                (packed.package().entry, extents)
            }
        };
        let memory = Memory { extents };
        let header = find::payload_header(origin, &memory, entry)?;
        Ok(Self {
            file,
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
        let packed = self.packed.as_ref();
        packed.map_or(Format::Elf, |packed| packed.format)
    }

    /// The compression: LZ4 if any content is compressed.
    pub fn compression(&self) -> Compression {
        match self.extents().iter().any(|extent| extent.is_compressed) {
            true => Compression::Lz4,
            false => Compression::None,
        }
    }

    /// The loader's entry point.
    pub fn entry(&self) -> PhysAddr {
        self.entry
    }

    /// The memory that the image makes, in ascending order.
    pub fn extents(&self) -> &[Extent<'a>] {
        &self.memory.extents
    }

    /// The payload header.
    pub fn payload(&self) -> Payload<'_> {
        self.header.payload()
    }

    /// The memory of the payload header.
    pub fn payload_header(&self) -> PhysRange {
        self.header.memory
    }

    /// [`Payload::package`] of a signed image: the SHA-256 of the load address in a U-Boot header
    /// (eight bytes, zero without one), of the UEFI stub without its checksums, if there is one, of
    /// the locator in the package header, and of all bytes of the package before its header. Zero
    /// for an ELF file.
    pub fn package_digest(&self) -> Measurement {
        let packed = self.packed.as_ref();
        packed.map_or([0; _], |packed| packed.digest(self.file.content))
    }

    /// The bytes of the payload header in [`Self::file`]. They are never compressed.
    pub fn payload_header_in_file(&self) -> Range<usize> {
        self.header.in_file.clone()
    }

    /// The loader's memory, up to the payload header.
    pub fn loader(&self) -> PhysRange {
        (self.payload().load_address..self.header.memory.start).into()
    }

    /// The content of KaaL's ELF notes of the type `kind` in the loader, for example
    /// [`kaal_payload::TRUST_NOTE_TYPE`].
    pub fn loader_notes(&self, kind: u32) -> Vec<Vec<u8>> {
        self.memory.notes(self.loader(), kind)
    }

    /// Whether the root task lets programs be replaced in the running system.
    pub(crate) fn is_for_development(&self) -> bool {
        let user_image = self.payload().user_image.memory;
        !self.memory.notes(user_image, note::DEVELOPMENT).is_empty()
    }

    /// The key and version that the loader trusts, if it boots signed images only.
    pub fn trust_anchor(&self) -> Option<TrustAnchor> {
        let notes = self.loader_notes(TRUST_NOTE_TYPE);
        TrustAnchor::read_from_bytes(notes.first()?).ok()
    }

    /// The package header; `None` for an ELF file.
    pub fn package(&self) -> Option<Package<'_>> {
        self.packed.as_ref().map(Packed::package)
    }

    /// The offsets of the package and of its header in [`Self::file`]; `None` for an ELF file.
    pub fn package_in_file(&self) -> Option<(usize, usize)> {
        let packed = self.packed.as_ref()?;
        Some((packed.start, packed.start + packed.header_offset))
    }

    /// The embedded device tree; empty if there is none.
    pub(crate) fn embedded_tree(&self) -> Cow<'_, [u8]> {
        let slot = self.payload().device_tree;
        let memory = PhysRange::from_size(slot.start, slot.size);
        memory
            .and_then(|memory| self.bytes(memory))
            .unwrap_or_default()
    }

    /// The UEFI stub in [`Self::file`]; empty in other formats.
    pub fn stub_in_file(&self) -> Range<usize> {
        let packed = self.packed.as_ref();
        packed.map_or(0..0, |packed| packed.stub.clone())
    }

    /// The certificates for Secure Boot behind the package; empty if the image has none. Their
    /// signatures cover the rest of the file.
    pub fn certificates(&self) -> &'a [u8] {
        let layout = efi::layout(self.file.content);
        let place = layout.map(|layout| layout.certificates);
        place.map_or(&[], |place| &self.file.content[place])
    }

    /// The memory of `range`, including zeroes that aren't in the file.
    ///
    /// Returns `None` if the image doesn't define all of `range`, or if `range` is more than 64 MiB
    /// larger than all content of the image.
    pub fn bytes(&self, range: PhysRange) -> Option<Cow<'_, [u8]>> {
        self.memory.bytes(range)
    }

    /// The stored bytes of `region`, a region of [`Self::payload`].
    ///
    /// Returns `None` if the image doesn't define them, or if they are larger than all content and
    /// page tables could be.
    pub fn stored(&self, region: &Region) -> Option<Cow<'_, [u8]>> {
        if region.file_size() > self.memory.content_size() + LOADER_MAX_SIZE {
            return None;
        }
        let start = region.memory()?.start;
        self.bytes(PhysRange::from_size(start, region.file_size())?)
    }

    /// Checks all digests, and all bytes that no digest covers.
    ///
    /// It notices a change of any bit of the file. But only a signature proves who built the image.
    ///
    /// # Errors
    ///
    /// Returns the first damage.
    pub fn verify(&self) -> Result<(), Diagnostic> {
        verify::verify(self)
    }

    /// Replaces the payload header, for example with a signed one. `header` must have the same
    /// size. Updates all checksums that cover it.
    ///
    /// # Errors
    ///
    /// Returns an error if the size differs.
    pub fn with_payload_header(&self, header: &[u8]) -> Result<Vec<u8>, Diagnostic> {
        patch::with_payload_header(self, header)
    }

    pub(crate) fn origin(&self) -> Origin<'a> {
        self.file.origin(Flag::Image)
    }
}

/// A problem of an image that was whole when it was built.
fn damaged(origin: Origin<'_>, problem: impl Into<String>) -> Diagnostic {
    let diagnostic = origin.diagnostic(problem);
    diagnostic.remedy("build or copy the image again")
}

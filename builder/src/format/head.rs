// SPDX-License-Identifier: BSD-2-Clause

//! The first bytes of a package, in place of the unpacker's ELF header. They are a branch to the
//! entry point and, in an arm64 Linux Image, its header (Linux,
//! `Documentation/arch/arm64/booting.rst`).

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{Format, branch};

/// Header flags: little-endian, 4 KiB pages, anywhere in memory.
const FLAGS: u64 = 1 << 1 | 1 << 3;

/// Size in bytes of [`Head`].
pub(crate) const SIZE: usize = size_of::<Head>();

const MAGIC: [u8; 4] = *b"ARM\x64";

/// The first bytes of a package.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Head {
    code: [U32; 2],
    text_offset: U64,
    image_size: U64,
    flags: U64,
    reserved: [U64; 3],
    magic: [u8; 4],
    pe_header: U32,
}

impl Head {
    /// The head of a package whose entry point is at the offset `entry`, at most a few mebibytes.
    /// Firmware reserves `memory` bytes for it.
    pub(crate) fn new(format: Format, entry: u64, memory: u64) -> Self {
        // U-Boot's bootm also expects an Image inside of a uImage or a FIT image.
        let is_image = matches!(format, Format::Image | Format::Uimage | Format::Fit);
        let in_image = |value: u64| U64::new(if is_image { value } else { 0 });
        Self {
            code: [branch::to(entry).into(), U32::ZERO],
            text_offset: U64::ZERO,
            image_size: in_image(memory),
            flags: in_image(FLAGS),
            reserved: [U64::ZERO; 3],
            magic: if is_image { MAGIC } else { [0; 4] },
            pe_header: U32::ZERO,
        }
    }
}

/// Whether a file begins as an arm64 Linux Image does.
pub(crate) fn is_image(file: &[u8]) -> bool {
    Head::ref_from_prefix(file).is_ok_and(|(head, _)| head.magic == MAGIC)
}

/// Whether a file begins with a branch forward.
pub(crate) fn is_entered(file: &[u8]) -> bool {
    let entry = Head::ref_from_prefix(file).map(|(head, _)| branch::target(head.code[0].get()));
    matches!(entry, Ok(Some(_)))
}

// SPDX-License-Identifier: BSD-2-Clause

//! The image's file: an ELF file or a package.

use kaal_payload::PhysRange;

use crate::format::FileMap;

/// The file of an image.
pub(crate) struct ImageFile {
    /// Its content.
    pub(crate) content: Vec<u8>,
    /// The unpacker's working memory, by name; empty for an ELF file.
    pub(crate) scratch: Vec<(&'static str, PhysRange)>,
    /// The parts of a package; `None` for an ELF file.
    pub(crate) map: Option<FileMap>,
}

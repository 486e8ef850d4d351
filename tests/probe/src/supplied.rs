// SPDX-License-Identifier: BSD-2-Clause

//! What the probe is told to find.

use core::cell::UnsafeCell;

use crate::report::Report;

/// Checksums that a test writes into the probe's ELF file, which it finds by the first bytes.
#[repr(C)]
struct Checksums {
    mark: [u8; 8],
    user_image: Checksum,
    device_tree: Checksum,
}

/// A CRC-32C, if there is one.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Checksum {
    is_supplied: u32,
    crc32c: u32,
}

impl Checksum {
    const NONE: Self = Self {
        is_supplied: 0,
        crc32c: 0,
    };

    /// Adds a row about the checksum of `what`, of which `found` has been found.
    pub(crate) fn check(self, what: Subject, found: u32, report: &mut Report) {
        match self.is_supplied {
            0 => report.equal(what.without_checksum, found.into(), found.into()),
            _ => report.equal(what.name, self.crc32c.into(), found.into()),
        }
    }
}

/// How a checksum's row is named.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// The name where no checksum has been supplied.
    pub(crate) without_checksum: &'static str,
}

#[repr(transparent)]
struct Supplied(UnsafeCell<Checksums>);

// SAFETY: nobody writes to it at run time.
unsafe impl Sync for Supplied {}

#[used]
static SUPPLIED: Supplied = Supplied(UnsafeCell::new(Checksums {
    mark: *b"KaaLcrc?",
    user_image: Checksum::NONE,
    device_tree: Checksum::NONE,
}));

fn supplied() -> Checksums {
    // SAFETY: nobody writes to it. A volatile read, since its content changed after compilation.
    unsafe { SUPPLIED.0.get().read_volatile() }
}

/// That of the user image.
pub(crate) fn user_image() -> Checksum {
    supplied().user_image
}

/// That of the device tree, `/chosen` left out.
pub(crate) fn device_tree() -> Checksum {
    supplied().device_tree
}

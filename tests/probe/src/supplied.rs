// SPDX-License-Identifier: BSD-2-Clause

//! Expected values that a test supplies.

use core::cell::UnsafeCell;

use crate::report::Report;

/// Numbers that a test writes into the probe's ELF file. It finds them by the first bytes.
#[repr(C)]
struct Numbers {
    mark: [u8; 8],
    user_image: Number,
    device_tree: Number,
    cores: Number,
    /// Without a value of its own.
    no_device_tree: Number,
}

/// A number that may be missing.
#[derive(Clone, Copy)]
#[repr(C)]
struct Number {
    is_supplied: u32,
    number: u32,
}

impl Number {
    const NONE: Self = Self {
        is_supplied: 0,
        number: 0,
    };
}

/// A CRC-32C that may be missing.
pub(crate) struct Checksum(Number);

impl Checksum {
    /// Adds a row that compares the checksum of `what` with `found`.
    pub(crate) fn check(self, what: Subject, found: u32, report: &mut Report) {
        match self.0.is_supplied {
            0 => report.equal(what.without_checksum, found.into(), found.into()),
            _ => report.equal(what.name, self.0.number.into(), found.into()),
        }
    }
}

/// The names of a checksum's row.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// The name if no checksum was supplied.
    pub(crate) without_checksum: &'static str,
}

#[repr(transparent)]
struct Supplied(UnsafeCell<Numbers>);

// SAFETY: nothing writes to it at run time.
unsafe impl Sync for Supplied {}

#[used]
static SUPPLIED: Supplied = Supplied(UnsafeCell::new(Numbers {
    mark: *b"KaaLwant",
    user_image: Number::NONE,
    device_tree: Number::NONE,
    cores: Number::NONE,
    no_device_tree: Number::NONE,
}));

fn supplied() -> Numbers {
    // SAFETY: nothing writes to it. A volatile read, because a test changes it after compilation.
    unsafe { SUPPLIED.0.get().read_volatile() }
}

/// The checksum of the user image.
pub(crate) fn user_image() -> Checksum {
    Checksum(supplied().user_image)
}

/// The checksum of the device tree without `/chosen`.
pub(crate) fn device_tree() -> Checksum {
    Checksum(supplied().device_tree)
}

/// Whether the kernel must get no device tree.
pub(crate) fn expects_no_device_tree() -> bool {
    supplied().no_device_tree.is_supplied != 0
}

/// The expected number of cores; one if none was supplied.
pub(crate) fn cores() -> usize {
    supplied().cores.number.max(1) as usize
}

// SPDX-License-Identifier: BSD-2-Clause

//! What only who packs the image knows, and so tells the probe to expect.

use core::cell::UnsafeCell;

/// A test finds it in the probe's ELF file by its first bytes and fills it in.
#[repr(C)]
#[derive(Clone, Copy)]
struct Supplied {
    mark: [u8; 8],
    /// 0 where nothing is supplied.
    cores: u32,
    user_image_crc32c: u32,
}

#[repr(transparent)]
struct Place(UnsafeCell<Supplied>);

// SAFETY: nobody writes to it at run time.
unsafe impl Sync for Place {}

#[used]
static SUPPLIED: Place = Place(UnsafeCell::new(Supplied {
    mark: *b"KaaLwant",
    cores: 0,
    user_image_crc32c: 0,
}));

fn supplied() -> Supplied {
    // SAFETY: nobody writes to it. A volatile read, since its content changed after compilation.
    unsafe { SUPPLIED.0.get().read_volatile() }
}

/// The number of cores that are to come in.
pub(crate) fn cores() -> usize {
    supplied().cores.max(1) as usize
}

/// The checksum that the user image should have, if it is known.
pub(crate) fn user_image_crc32c() -> Option<u32> {
    let supplied = supplied();
    (supplied.cores != 0).then_some(supplied.user_image_crc32c)
}

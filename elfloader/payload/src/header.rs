// SPDX-License-Identifier: BSD-2-Clause

//! The format that payload headers and package headers share: a preamble with magic number, version and checksum,
//! then fields, then elements whose numbers are among the fields.

use core::fmt;

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::layout::Preamble;
use crate::{Decimal, Hex, Text};

/// The first bytes of a payload header.
pub const MAGIC: [u8; 8] = *b"KaaLboot";

/// Version of the payload header. Builder and loader must have the same.
pub const VERSION: u32 = 4;

/// The first bytes of a package header.
pub const PACKAGE_MAGIC: [u8; 8] = *b"KaaLpack";

/// Version of the package header. Builder and unpacker must have the same.
pub const PACKAGE_VERSION: u32 = 2;

/// Size in bytes of the preamble, which the checksum doesn't cover.
pub(crate) const PREAMBLE_SIZE: usize = size_of::<Preamble>();

/// A preamble whose checksum is still missing.
pub(crate) const fn preamble<const PACKAGE: bool>() -> Preamble {
    Preamble {
        magic: u64::from_le_bytes(if PACKAGE { PACKAGE_MAGIC } else { MAGIC }),
        version: HeaderError::<PACKAGE>::VERSION,
        checksum: 0,
    }
}

/// The size in bytes of a header with all that follows it.
pub(crate) struct Length {
    /// What the header states.
    pub(crate) stated: u32,
    /// The number of regions or chunks that it states.
    pub(crate) items: u32,
    /// The size computed from the numbers in the header; `None` if they are too large for any header.
    pub(crate) computed: Option<usize>,
}

/// Reads the header at the start of `bytes` without checking anything but the magic number. Also returns the
/// bytes after it.
pub(crate) fn peek<H, const PACKAGE: bool>(bytes: &[u8]) -> Option<(&H, &[u8])>
where
    H: FromBytes + Immutable + KnownLayout,
{
    let (found, _) = Preamble::ref_from_prefix(bytes).ok()?;
    let header = H::ref_from_prefix(bytes).ok()?;
    (found.magic == preamble::<PACKAGE>().magic).then_some(header)
}

/// Reads the header at the start of `bytes`. Checks magic number, version, length and checksum, which `crc32c`
/// computes. Also returns the bytes after the header, up to its stated length.
pub(crate) fn open<H, const PACKAGE: bool>(
    bytes: &[u8],
    length: impl FnOnce(&H) -> Length,
    crc32c: impl FnOnce(&[u8]) -> u32,
) -> Result<(&H, &[u8]), HeaderError<PACKAGE>>
where
    H: FromBytes + Immutable + KnownLayout,
{
    let found = bytes.len();
    let truncated = |needed| HeaderError::Truncated { needed, found };
    if found < size_of::<H>() {
        return Err(truncated(size_of::<H>()));
    }
    let (header, _) = peek::<H, PACKAGE>(bytes).ok_or(HeaderError::Magic)?;
    let (preamble, _) = Preamble::ref_from_prefix(bytes).map_err(|_| HeaderError::Magic)?;
    if preamble.version != HeaderError::<PACKAGE>::VERSION {
        let found = preamble.version;
        return Err(HeaderError::Version { found });
    }
    let length = length(header);
    let end = length.stated as usize;
    if length.computed != Some(end) {
        let (length, items) = (length.stated, length.items);
        return Err(HeaderError::Length { length, items });
    }
    let checked = bytes.get(PREAMBLE_SIZE..end).ok_or(truncated(end))?;
    let (expected, found) = (preamble.checksum, crc32c(checked));
    if found != expected {
        return Err(HeaderError::Checksum { expected, found });
    }
    Ok((header, bytes.get(size_of::<H>()..end).unwrap_or_default()))
}

/// Writes `parts`, the first of which is a header, then zeroes up to `size` bytes, and the checksum. Returns `size`.
pub(crate) fn write<const PACKAGE: bool>(
    parts: &[&[u8]],
    size: usize,
    out: &mut [u8],
    crc32c: impl FnOnce(&[u8]) -> u32,
) -> Result<usize, HeaderError<PACKAGE>> {
    let (needed, found) = (size, out.len());
    let out = out
        .get_mut(..size)
        .ok_or(HeaderError::Truncated { needed, found })?;
    let mut rest = &mut *out;
    for part in parts {
        let (place, behind) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = behind;
    }
    rest.fill(0);
    let (preamble, checked) = out.split_at_mut(PREAMBLE_SIZE);
    let checksum = crc32c(checked).to_le_bytes();
    preamble[PREAMBLE_SIZE - checksum.len()..].copy_from_slice(&checksum);
    Ok(size)
}

/// The first `count` elements of `bytes`, and the bytes after them.
pub(crate) fn elements<T: FromBytes + Immutable>(
    bytes: &[u8],
    count: usize,
) -> Option<(&[T], &[u8])> {
    <[T]>::ref_from_prefix_with_elems(bytes, count).ok()
}

/// Why bytes are not a valid payload header.
pub type PayloadError = HeaderError<false>;

/// Why bytes are not a valid package header.
pub type PackageError = HeaderError<true>;

/// Why bytes are not a valid header: of a package if `PACKAGE` is true, else of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderError<const PACKAGE: bool> {
    /// There are fewer bytes than the header and its elements take.
    Truncated {
        /// Bytes needed.
        needed: usize,
        /// Bytes present.
        found: usize,
    },
    /// The first bytes are not [`MAGIC`] or [`PACKAGE_MAGIC`], or the header isn't aligned to 8 bytes.
    Magic,
    /// The header has another version.
    Version {
        /// The version found.
        found: u32,
    },
    /// The stated length disagrees with the number of regions, chunks or other elements.
    Length {
        /// The stated length.
        length: u32,
        /// The stated number of regions or chunks.
        items: u32,
    },
    /// The checksum is wrong.
    Checksum {
        /// The checksum in the header.
        expected: u32,
        /// The checksum of the bytes.
        found: u32,
    },
    /// A field has a value without a meaning in this version.
    Field {
        /// The field's name.
        name: &'static str,
    },
    /// A region or chunk has a kind, encoding or size without a meaning in this version. Or a chunk doesn't follow
    /// the one before it, in the package or in memory, or overlaps the unpacker's working memory.
    Item {
        /// The index of the region or chunk.
        index: usize,
    },
    /// A region doesn't follow the one before it in memory.
    Order {
        /// The region's index.
        index: usize,
    },
    /// A field leads to memory that is not for it.
    Place {
        /// The field's name.
        name: &'static str,
    },
}

impl<const PACKAGE: bool> HeaderError<PACKAGE> {
    const VERSION: u32 = if PACKAGE { PACKAGE_VERSION } else { VERSION };
}

impl<const PACKAGE: bool> fmt::Display for HeaderError<PACKAGE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, item) = match PACKAGE {
            true => ("package header: ", Text("chunk")),
            false => ("payload header: ", Text("region")),
        };
        f.write_str(name)?;
        let decimal = |number: u32| Decimal(number.into());
        match *self {
            Self::Truncated { needed, found } => {
                let (needed, found) = (Decimal(needed as u64), Decimal(found as u64));
                write!(f, "{needed} bytes expected, {found} found")
            }
            Self::Magic => f.write_str(if PACKAGE {
                "it does not begin with KaaLpack"
            } else {
                "it does not begin with KaaLboot"
            }),
            Self::Version { found } => {
                let (expected, found) = (decimal(Self::VERSION), decimal(found));
                write!(f, "version {expected} expected, {found} found")
            }
            Self::Length { length, items } => {
                let (length, items) = (decimal(length), decimal(items));
                write!(
                    f,
                    "its length, {length} bytes, does not fit {items} {item}s"
                )
            }
            Self::Checksum { expected, found } => {
                let (expected, found) = (Hex(expected.into()), Hex(found.into()));
                write!(f, "checksum {expected} expected, {found} found")
            }
            Self::Field { name } => {
                f.write_str(name)?;
                f.write_str(" has a value unknown to this version")
            }
            Self::Place { name } => {
                f.write_str(name)?;
                f.write_str(" in memory that is not for it")
            }
            Self::Item { index } => write!(f, "{item} {} is malformed", Decimal(index as u64)),
            Self::Order { index } => {
                let index = Decimal(index as u64);
                write!(f, "{item} {index} does not follow the one before")
            }
        }
    }
}

impl<const PACKAGE: bool> core::error::Error for HeaderError<PACKAGE> {}

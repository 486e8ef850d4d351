// SPDX-License-Identifier: BSD-2-Clause

//! The images and boots to measure.

use std::fmt;

use super::row::Limits;

/// An image and the way it is booted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) format: Format,
    pub(super) means: Means,
    pub(super) size: Size,
    pub(super) tree: Tree,
}

/// Formats of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Elf,
    Image,
    Lz4,
    Raw,
}

/// Means of verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    None,
    Crc32c,
    Sha256,
    Signed,
}

/// The bytes that all regions store together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Small,
    /// A kernel and sel4test.
    Usual,
    Large,
}

/// The device tree in x0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    None,
    /// QEMU's.
    Small,
    /// One of a large board.
    Large,
}

/// The cases that show each cost, in little time.
pub(super) const CHOSEN: [Case; 14] = [
    case(Format::Elf, Means::None, Size::Small, Tree::None),
    case(Format::Elf, Means::Crc32c, Size::Small, Tree::None),
    case(Format::Elf, Means::Sha256, Size::Small, Tree::None),
    case(Format::Elf, Means::Signed, Size::Small, Tree::None),
    case(Format::Elf, Means::Crc32c, Size::Small, Tree::Small),
    case(Format::Elf, Means::Crc32c, Size::Small, Tree::Large),
    case(Format::Elf, Means::Crc32c, Size::Usual, Tree::None),
    case(Format::Elf, Means::Crc32c, Size::Large, Tree::None),
    case(Format::Image, Means::Crc32c, Size::Small, Tree::Small),
    case(Format::Image, Means::Crc32c, Size::Small, Tree::Large),
    case(Format::Image, Means::Crc32c, Size::Large, Tree::Small),
    case(Format::Lz4, Means::Crc32c, Size::Large, Tree::Small),
    case(Format::Raw, Means::Crc32c, Size::Small, Tree::None),
    case(Format::Raw, Means::Signed, Size::Small, Tree::Small),
];

const fn case(format: Format, means: Means, size: Size, tree: Tree) -> Case {
    Case {
        format,
        means,
        size,
        tree,
    }
}

impl Case {
    /// All combinations. A boot loader of Linux images always passes a device tree.
    pub(super) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for format in [Format::Elf, Format::Image, Format::Lz4, Format::Raw] {
            let trees = match format {
                Format::Elf | Format::Raw => &[Tree::None, Tree::Small, Tree::Large][..],
                Format::Image | Format::Lz4 => &[Tree::Small, Tree::Large],
            };
            for means in [Means::None, Means::Crc32c, Means::Sha256, Means::Signed] {
                for size in [Size::Small, Size::Usual, Size::Large] {
                    all.extend(trees.iter().map(|&tree| case(format, means, size, tree)));
                }
            }
        }
        all
    }

    pub(super) fn limits(self) -> Limits {
        match (self.means, self.format, self.size) {
            (Means::Crc32c, Format::Elf, Size::Usual) => Limits::USUAL,
            (Means::Crc32c, ..) => Limits::CRC32C,
            _ => Limits::default(),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = match self.format {
            Format::Elf => "elf",
            Format::Image => "image",
            Format::Lz4 => "image, LZ4",
            Format::Raw => "raw",
        };
        let means = match self.means {
            Means::None => "unverified",
            Means::Crc32c => "CRC-32C",
            Means::Sha256 => "SHA-256",
            Means::Signed => "signed",
        };
        let size = match self.size {
            Size::Small => "250 KB",
            Size::Usual => "3.1 MB",
            Size::Large => "8 MB",
        };
        let tree = match self.tree {
            Tree::None => "no tree",
            Tree::Small => "small tree",
            Tree::Large => "70 KB tree",
        };
        write!(f, "{format}, {means}, {size}, {tree}")
    }
}

impl Size {
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Small => 250_000,
            Self::Usual => 3_100_000,
            Self::Large => 8_000_000,
        }
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! The interface between the hypervisor and the test that starts it.
//!
//! The test puts a [`Job`] and an image's file into the memory of QEMU's virt machine. For each bit in the job,
//! the hypervisor prints a line on the console, unless the image was [refused by name](Outcome::Named), as
//! nearly all are. A line names a bit by its byte's offset in the file, in hexadecimal, and its number in the
//! byte:
//!
//! ```text
//! flip 1a2b.3 irrelevant enters the kernel at 0xffffff8048000000
//! flip 1a2c.0 silent rests at 0x48202594
//! flips: all done
//! ```
//!
//! The test can also put forgeries of the file there, one after the other: the size of each, as a number of eight
//! bytes, then its content. The hypervisor prints a line for each, in their order:
//!
//! ```text
//! forgery refused powers off at 0x482026b8
//! forgery differs enters the kernel at 0xffffff8048000000, 0x48001000 differs
//! ```

#![no_std]
#![forbid(unsafe_code)]

use core::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Size in bytes of the RAM, from [`RAM_START`] on.
pub const RAM_SIZE: u64 = 256 << 20;

/// First address of the RAM.
pub const RAM_START: u64 = 0x4000_0000;

/// Address of the job.
pub const JOB_ADDRESS: u64 = 0x4400_0000;

/// Address of the image's file.
pub const FILE_ADDRESS: u64 = 0x4500_0000;

/// Largest size in bytes of the file.
pub const FILE_MAX_SIZE: u64 = 1 << 20;

/// The memory that the image is booted in. Its device tree must call this RAM; the image can't access other memory.
pub const WINDOW: Span = Span {
    start: 0x4800_0000,
    end: 0x4880_0000,
};

/// Address of the forgeries.
pub const FORGERIES_ADDRESS: u64 = WINDOW.end;

/// Largest size in bytes of all forgeries, each with its size.
pub const FORGERIES_MAX_SIZE: u64 = RAM_START + RAM_SIZE - FORGERIES_ADDRESS;

/// The first word of a job.
pub const JOB_MAGIC: u64 = u64::from_le_bytes(*b"KaaLflip");

/// The last line of a run.
pub const DONE: &str = "flips: all done";

/// The start of a line about a flip.
pub const FLIP: &str = "flip ";

/// The start of a line about a forgery.
pub const FORGERY: &str = "forgery ";

/// The start of a line that says why there are no results.
pub const FAILED: &str = "failed: ";

/// A range of addresses, or of numbers of bits.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Span {
    /// The first one.
    pub start: u64,
    /// The one after the last.
    pub end: u64,
}

impl Span {
    /// Whether `number` is in the range.
    pub const fn contains(&self, number: u64) -> bool {
        self.start <= number && number < self.end
    }
}

/// Bits of the file to flip, one at a time: bit 0 is the lowest bit of the first byte.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Sweep {
    /// The range of bits.
    pub bits: Span,
    /// Distance from one bit to the next; 1 for all bits.
    pub step: u64,
}

/// What to do.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Job {
    /// [`JOB_MAGIC`]
    pub magic: u64,
    /// Size of the file.
    pub file_size: u64,
    /// Address at which the file is put as a whole, and entered at its first byte; 0 for an ELF file, whose segments
    /// are loaded.
    pub load_address: u64,
    /// Physical memory of the kernel, which is not executed.
    pub kernel: Span,
    /// The kernel's entry point.
    pub kernel_entry: u64,
    /// Number of ranges in `seen`.
    pub seen_count: u64,
    /// The memory that the kernel relies on.
    pub seen: [Span; 32],
    /// Number of entries in `sweeps`.
    pub sweep_count: u64,
    /// The bits to flip.
    pub sweeps: [Sweep; 32],
    /// Number of forgeries.
    pub forgery_count: u64,
    /// The loader's memory, which no forgery changes; empty for packages.
    pub loader: Span,
    /// The part of it that the loader doesn't change either.
    pub constant: Span,
}

/// The result of a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The kernel was entered exactly as by the undamaged image.
    Irrelevant,
    /// The loader reported an error or a fault.
    Named,
    /// Something else was printed, and the kernel was not entered.
    Garbled,
    /// Nothing was printed, and the kernel was not entered.
    Silent,
    /// The file can't be loaded, so none of its code ran.
    NotLoaded,
    /// The kernel was entered with other values, or elsewhere. This must not happen.
    Unaccounted,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 6] = [
        Self::Irrelevant,
        Self::Named,
        Self::Garbled,
        Self::Silent,
        Self::NotLoaded,
        Self::Unaccounted,
    ];

    /// The word for it in printed lines.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Irrelevant => "irrelevant",
            Self::Named => "named",
            Self::Garbled => "garbled",
            Self::Silent => "silent",
            Self::NotLoaded => "not-loaded",
            Self::Unaccounted => "unaccounted",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The result of a boot of a forgery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// The kernel was entered exactly as by the image that was forged.
    AsSigned,
    /// The loader reported an error, and wrote nothing but its own variables and the error.
    Refused,
    /// The file can't be loaded, so none of its code ran.
    NotLoaded,
    /// The loader or the entry point is another one, so none of its code ran.
    AnotherLoader,
    /// Anything else. This must not happen.
    Differs,
}

impl Fate {
    /// All fates.
    pub const ALL: [Self; 5] = [
        Self::AsSigned,
        Self::Refused,
        Self::NotLoaded,
        Self::AnotherLoader,
        Self::Differs,
    ];

    /// The word for it in printed lines.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AsSigned => "as-signed",
            Self::Refused => "refused",
            Self::NotLoaded => "not-loaded",
            Self::AnotherLoader => "another-loader",
            Self::Differs => "differs",
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

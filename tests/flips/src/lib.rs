// SPDX-License-Identifier: BSD-2-Clause

//! What the hypervisor and whoever starts it know of each other.
//!
//! Whoever starts it on QEMU's virt machine puts a [`Job`] and an image's file into memory. For each
//! bit that the job names, the hypervisor prints a line on the machine's console, unless the image was
//! [refused by name](Outcome::Named), as nearly all are. Bits are named by their byte's offset in the
//! file, in hexadecimal, and their number in the byte:
//!
//! ```text
//! flip 1a2b.3 irrelevant enters the kernel at 0xffffff8048000000
//! flip 1a2c.0 silent rests at 0x48202594
//! flips: all done
//! ```

#![no_std]
#![forbid(unsafe_code)]

use core::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// RAM of the machine in bytes, from [`RAM_START`] on.
pub const RAM_SIZE: u64 = 256 << 20;

/// Where the machine's RAM begins.
pub const RAM_START: u64 = 0x4000_0000;

/// Where the job lies.
pub const JOB_ADDRESS: u64 = 0x4400_0000;

/// Where the image's file lies.
pub const FILE_ADDRESS: u64 = 0x4500_0000;

/// Most bytes that the file may take.
pub const FILE_MAX_SIZE: u64 = 1 << 20;

/// The memory that the image is booted in, and that its device tree has to call RAM: all that the
/// image can access.
pub const WINDOW: Span = Span {
    start: 0x4800_0000,
    end: 0x4880_0000,
};

/// The first word of a job.
pub const JOB_MAGIC: u64 = u64::from_le_bytes(*b"KaaLflip");

/// The line that a run ends with.
pub const DONE: &str = "flips: all done";

/// The text that a flip's line begins with.
pub const FLIP: &str = "flip ";

/// The text that a line begins with that says why nothing can be found out.
pub const FAILED: &str = "failed: ";

/// Addresses, or numbers of bits.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Span {
    /// The first.
    pub start: u64,
    /// Behind the last.
    pub end: u64,
}

impl Span {
    /// Whether `number` is one of them.
    pub const fn contains(&self, number: u64) -> bool {
        self.start <= number && number < self.end
    }
}

/// Bits of the file to flip, one after the other: bit 0 is the lowest one of the first byte.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Sweep {
    /// Where they lie.
    pub bits: Span,
    /// From one to the next; 1 for all.
    pub step: u64,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Job {
    /// [`JOB_MAGIC`]
    pub magic: u64,
    /// Size of the file.
    pub file_size: u64,
    /// Where the file is put as it is, and entered at its first byte; 0 if it is an ELF file, whose
    /// segments are loaded.
    pub load_address: u64,
    /// The physical memory of the kernel, which is not executed.
    pub kernel: Span,
    /// The kernel's entry point.
    pub kernel_entry: u64,
    /// Number of `seen`.
    pub seen_count: u64,
    /// The memory whose content the kernel relies on.
    pub seen: [Span; 32],
    /// Number of `sweeps`.
    pub sweep_count: u64,
    /// The bits to flip.
    pub sweeps: [Sweep; 32],
}

/// What came of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The kernel was entered with just what the undamaged image gives it.
    Irrelevant,
    /// The loader said that it found an error, or that there was a fault.
    Named,
    /// Something else was printed, and the kernel not entered.
    Garbled,
    /// Nothing was printed, and the kernel not entered.
    Silent,
    /// The file can't be loaded: no program of it ran.
    NotLoaded,
    /// The kernel was entered with something else, or somewhere else: what must not happen.
    Unaccounted,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Irrelevant,
        Self::Named,
        Self::Garbled,
        Self::Silent,
        Self::NotLoaded,
        Self::Unaccounted,
    ];

    /// The word for it in the lines that are printed.
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

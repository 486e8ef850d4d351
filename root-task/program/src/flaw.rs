// SPDX-License-Identifier: BSD-2-Clause

//! Reasons why a file is no program of a component.

use goblin::elf::header::{EM_AARCH64, et_to_str};
use thiserror::Error;

use crate::MOST_HEADERS;

/// Why a file is no program of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    /// It isn't an ELF file for a processor like AArch64.
    #[error("not an ELF file of 64 bits, little-endian")]
    NotElf,
    /// It is for another processor, or not linked to fixed addresses.
    #[error(
        "not an AArch64 program that is linked to fixed addresses: machine {EM_AARCH64}, type EXEC expected, machine \
         {machine}, type {} found",
        et_to_str(*kind)
    )]
    Kind {
        /// `e_machine`.
        machine: u16,
        /// `e_type`.
        kind: u16,
    },
    /// It needs shared libraries.
    #[error("linked to shared libraries: a program without PT_INTERP expected")]
    Dynamic,
    /// It has too many program headers, or of another size.
    #[error(
        "at most {MOST_HEADERS} program headers of 56 bytes expected, {count} of {size} bytes found"
    )]
    Headers {
        /// `e_phnum`.
        count: u16,
        /// `e_phentsize`.
        size: u16,
    },
    /// It ends before its content.
    #[error("the file ends before its program headers or segments")]
    Truncated,
    /// The segment at this address is writable and executable.
    #[error("the segment at {0:#x} is writable and executable: one of both expected")]
    WritableCode(u64),
    /// A segment shares a page with the one before it, or has the first page.
    #[error(
        "the segment at {address:#x} shares a page with the one before it: {least:#x} or more expected"
    )]
    SharedPage {
        /// Its address.
        address: u64,
        /// The first address behind the pages before it.
        least: u64,
    },
    /// A segment exceeds the address space.
    #[error("the segment at {address:#x} of {size:#x} bytes exceeds the address space")]
    TooLarge {
        /// Its address.
        address: u64,
        /// Its size in bytes.
        size: u64,
    },
    /// A segment has more bytes in the file than in memory.
    #[error(
        "the segment at {address:#x} has more bytes in the file than in memory: {size} expected at most, {length} found"
    )]
    LongContent {
        /// Its address.
        address: u64,
        /// Size in the file.
        length: u64,
        /// Size in memory.
        size: u64,
    },
    /// The entry point isn't in executable content.
    #[error(
        "the entry point {0:#x} is not in an executable segment; a component declares its main function with \
         `kaal_component::main!`"
    )]
    Entry(u64),
}

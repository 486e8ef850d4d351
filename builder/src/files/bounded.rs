// SPDX-License-Identifier: BSD-2-Clause

//! Opening input files: none may keep the builder waiting, or fill the memory of the machine.

use std::fs::{self, File};
use std::io::{Read, Take};
use std::os::unix::fs::FileTypeExt;

use super::access;
use crate::diagnostic::{Diagnostic, Flag, Origin};

/// Most bytes of a program's file: some have many times their size of debug information.
const MAX_PROGRAM_SIZE: u64 = 1 << 30;

/// Most bytes of any other file: far more than the largest device tree has.
const MAX_OTHER_SIZE: u64 = 64 << 20;

/// Opens the file that `origin` names. Of what comes through a pipe, no more is read than of a file.
pub(crate) fn open(origin: Origin<'_>) -> Result<Take<File>, Diagnostic> {
    check(origin)?;
    let file = File::open(origin.value).map_err(|error| access::unreadable(origin, &error))?;
    Ok(file.take(most(origin.flag)))
}

/// Reads the file that `origin` names.
pub(crate) fn read(origin: Origin<'_>) -> Result<Vec<u8>, Diagnostic> {
    let mut content = Vec::new();
    open(origin)?
        .read_to_end(&mut content)
        .map_err(|error| access::unreadable(origin, &error))?;
    Ok(content)
}

/// Checks, without opening it, that the file that `origin` names may be read.
pub(crate) fn check(origin: Origin<'_>) -> Result<(), Diagnostic> {
    check_size(origin, check_kind(origin)?)
}

/// Checks that `origin` names a file that doesn't keep its reader waiting, as opening a pipe does. Returns
/// its size in bytes.
pub(crate) fn check_kind(origin: Origin<'_>) -> Result<u64, Diagnostic> {
    let metadata =
        fs::metadata(origin.value).map_err(|error| access::unreadable(origin, &error))?;
    // A private key may come through a pipe, so that it need not lie on a disk.
    let is_key = origin.flag == Flag::SignKey && metadata.file_type().is_fifo();
    match metadata.is_file() || is_key {
        true => Ok(metadata.len()),
        false => Err(access::not_regular(origin, &metadata)),
    }
}

/// Checks that the file that `origin` names, of `size` bytes, is not too large.
pub(crate) fn check_size(origin: Origin<'_>, size: u64) -> Result<(), Diagnostic> {
    let most = most(origin.flag);
    if size <= most {
        return Ok(());
    }
    Err(origin
        .diagnostic("too large")
        .expected(format!("at most {most} bytes"))
        .found(format!("{size} bytes"))
        .remedy(match is_program(origin.flag) {
            true => "correct the name, or strip the program of its debug information",
            false => "correct the name",
        }))
}

fn most(flag: Flag) -> u64 {
    match is_program(flag) {
        true => MAX_PROGRAM_SIZE,
        false => MAX_OTHER_SIZE,
    }
}

/// Whether the file that `flag` names is a program, or is made of programs.
pub(super) fn is_program(flag: Flag) -> bool {
    let programs = [Flag::Loader, Flag::Unpacker, Flag::Kernel, Flag::App];
    programs.contains(&flag) || flag == Flag::Image
}

// SPDX-License-Identifier: BSD-2-Clause

//! Opening input files: none may keep the builder waiting, or fill the memory of the machine.

use std::fs::{self, File, Metadata};
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
    // Before it is opened, because opening a pipe waits for who writes to it.
    check(origin)?;
    let file = File::open(origin.value).map_err(|error| access::unreadable(origin, &error))?;
    Ok(file.take(most(origin.flag)))
}

/// Reads the file that `origin` names.
pub(crate) fn read(origin: Origin<'_>) -> Result<Vec<u8>, Diagnostic> {
    let mut file = open(origin)?;
    let mut read = || {
        let size = file.get_ref().metadata()?.len().min(file.limit());
        let mut content = Vec::with_capacity(size as usize);
        file.read_to_end(&mut content)?;
        Ok(content)
    };
    read().map_err(|error| access::unreadable(origin, &error))
}

/// Checks, without opening it, that the file that `origin` names may be read.
pub(crate) fn check(origin: Origin<'_>) -> Result<(), Diagnostic> {
    let metadata =
        fs::metadata(origin.value).map_err(|error| access::unreadable(origin, &error))?;
    if !may_be_read(origin.flag, &metadata) {
        return Err(access::not_regular(origin, &metadata));
    }
    let most = most(origin.flag);
    if metadata.len() > most {
        return Err(origin
            .diagnostic("too large")
            .expected(format!("at most {most} bytes"))
            .found(format!("{} bytes", metadata.len()))
            .remedy(match is_program(origin.flag) {
                true => "correct the name, or strip the program of its debug information",
                false => "correct the name",
            }));
    }
    Ok(())
}

/// A private key may come through a pipe, so that it need not lie on a disk.
fn may_be_read(flag: Flag, metadata: &Metadata) -> bool {
    metadata.is_file() || flag == Flag::SignKey && metadata.file_type().is_fifo()
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

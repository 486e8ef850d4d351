// SPDX-License-Identifier: BSD-2-Clause

//! Opens input files with limits: none can block the builder or fill its memory.

use std::fs::{self, File};
use std::io::{Read, Take};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use super::access;
use super::kind::{FileKind, HEAD_SIZE};
use crate::diagnostic::{Diagnostic, Flag, Origin};

/// Largest program in bytes. Debug information can be many times larger than the program itself.
const MAX_PROGRAM_SIZE: u64 = 1 << 30;

/// Largest private key in bytes, far larger than any Ed25519 key. There is always room for so much.
const MAX_SECRET_SIZE: u64 = 64 << 10;

/// Largest device tree in bytes, far larger than any.
const MAX_TREE_SIZE: u64 = 64 << 20;

/// Largest other file in bytes: settings, keys, signatures and manifests.
const MAX_OTHER_SIZE: u64 = 1 << 20;

/// Opens the file of `origin`. The limit on its size also applies to a pipe.
pub(crate) fn open(origin: Origin<'_>) -> Result<Take<File>, Diagnostic> {
    check(origin)?;
    let file = File::open(origin.value).map_err(|error| access::unreadable(origin, &error))?;
    Ok(file.take(most(origin.flag)))
}

/// Reads the file of `origin`.
pub(crate) fn read(origin: Origin<'_>) -> Result<Vec<u8>, Diagnostic> {
    let mut content = Vec::new();
    open(origin)?
        .read_to_end(&mut content)
        .map_err(|error| access::unreadable(origin, &error))?;
    Ok(content)
}

/// Checks the kind and size of the file of `origin` without opening it.
pub(crate) fn check(origin: Origin<'_>) -> Result<(), Diagnostic> {
    check_size(origin, check_kind(origin)?)
}

/// Checks that the file of `origin` is regular, since opening a pipe can block. Returns its size in
/// bytes.
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

/// Checks that the folder at `path` can hold programs.
pub(crate) fn check_folder(path: &Path) -> Result<(), Diagnostic> {
    let origin = Origin::new(Flag::Folder, path);
    let metadata = fs::metadata(path).map_err(|error| access::unreadable(origin, &error))?;
    match metadata.is_dir() {
        true => Ok(()),
        false => Err(origin
            .diagnostic("can't hold programs")
            .expected("a folder")
            .found("a file")
            .remedy("pass the folder with the programs")),
    }
}

/// Checks that `size` bytes are within the limit for the file of `origin`.
pub(crate) fn check_size(origin: Origin<'_>, size: u64) -> Result<(), Diagnostic> {
    let most = most(origin.flag);
    if size <= most {
        return Ok(());
    }
    let mut head = Vec::new();
    let file = File::open(origin.value);
    file.and_then(|file| file.take(HEAD_SIZE).read_to_end(&mut head))
        .map_err(|error| access::unreadable(origin, &error))?;
    let kind = FileKind::of(&head);
    let found = match kind.known_name() {
        Some(name) => format!("{name} of {size} bytes"),
        None => format!("{size} bytes"),
    };
    let diagnostic = origin
        .diagnostic("too large")
        .expected(format!("at most {most} bytes"))
        .remedy(match is_large(origin.flag) {
            true => "correct the name, or strip the program of its debug information",
            false => "correct the name",
        });
    Err(kind.found_by(diagnostic).found(found))
}

fn most(flag: Flag) -> u64 {
    match flag {
        Flag::SignKey => MAX_SECRET_SIZE,
        Flag::Dtb => MAX_TREE_SIZE,
        _ if is_large(flag) => MAX_PROGRAM_SIZE,
        _ => MAX_OTHER_SIZE,
    }
}

/// Whether `flag` names a program.
pub(super) fn is_program(flag: Flag) -> bool {
    let programs = [
        Flag::Loader,
        Flag::Unpacker,
        Flag::EfiStub,
        Flag::Kernel,
        Flag::App,
    ];
    programs.contains(&flag)
}

/// Whether `flag` names a program or an image.
fn is_large(flag: Flag) -> bool {
    is_program(flag) || [Flag::Image, Flag::Microkit].contains(&flag)
}

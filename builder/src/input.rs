// SPDX-License-Identifier: BSD-2-Clause

//! Reading the input files.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::elf;
use crate::finding::{Finding, Flag, Origin};

/// The bits of a file's mode that are permissions.
const PERMISSIONS: u32 = 0o777;

/// Those that are not its owner's.
const OTHERS: u32 = 0o077;

/// Bytes that hold the headers of all but unusual ELF files.
const HEADERS: u64 = 4096;

/// Reads a file.
pub(crate) fn read(flag: Flag, path: &Path) -> Result<Vec<u8>, Finding> {
    fs::read(path).map_err(|error| unreadable(flag, path, &error))
}

/// Reads a private key, which nobody but its owner may access.
pub(crate) fn read_secret(flag: Flag, path: &Path) -> Result<Vec<u8>, Finding> {
    let content = read(flag, path)?;
    let metadata = fs::metadata(path).map_err(|error| unreadable(flag, path, &error))?;
    let mode = metadata.permissions().mode() & PERMISSIONS;
    if mode & OTHERS == 0 {
        return Ok(content);
    }
    Err(Origin { flag, value: path }
        .finding("others than its owner may access the private key")
        .expected("the permissions 0600 or fewer")
        .found(format!("{mode:04o}"))
        .remedy("take them away with `chmod 600`; if somebody has read it, make another key"))
}

/// Reads an ELF file, if it is one, up to the end of what its program headers name: the debug
/// information behind that is often many times larger.
pub(crate) fn read_program(flag: Flag, path: &Path) -> Result<Vec<u8>, Finding> {
    try_read_program(path).map_err(|error| unreadable(flag, path, &error))
}

fn try_read_program(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut content = Vec::new();
    file.by_ref().take(HEADERS).read_to_end(&mut content)?;
    let end = elf::content_end(&content).unwrap_or(u64::MAX);
    let head = content.len() as u64;
    content.reserve_exact(end.min(size).saturating_sub(head) as usize);
    file.take(end.saturating_sub(head))
        .read_to_end(&mut content)?;
    Ok(content)
}

fn unreadable(flag: Flag, path: &Path, error: &io::Error) -> Finding {
    Origin { flag, value: path }
        .finding("can't be read")
        .expected("a readable file")
        .found(error.to_string())
        .remedy("correct the name, or build the file first")
}

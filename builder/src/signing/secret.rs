// SPDX-License-Identifier: BSD-2-Clause

//! Private keys in files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::is_private;
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::access;
use crate::files::input::Input;

/// The bits of a file's mode that are permissions.
const PERMISSIONS: u32 = 0o777;

/// Those that are not its owner's.
const OTHERS: u32 = 0o077;

/// Reads a private key, which nobody but its owner may access.
pub(crate) fn read_secret(flag: Flag, path: &Path) -> Result<Input<'_>, Diagnostic> {
    let origin = Origin { flag, value: path };
    let input = Input::read(flag, path)?;
    let metadata = fs::metadata(path).map_err(|error| access::unreadable(origin, &error))?;
    let mode = metadata.permissions().mode() & PERMISSIONS;
    // What is no private key is no secret, and refused as such.
    if mode & OTHERS == 0 || !is_private(&input.content) {
        return Ok(input);
    }
    Err(origin
        .diagnostic("others than its owner may access the private key")
        .expected("the permissions 0600 or fewer")
        .found(format!("{mode:04o}"))
        .remedy("take them away with `chmod 600`; if somebody has read it, make another key"))
}

// SPDX-License-Identifier: BSD-2-Clause

//! Reads private keys.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::is_private;
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::access;
use crate::files::input::Input;

/// The permissions in a file's mode.
const PERMISSIONS: u32 = 0o777;

/// The permissions of all users but the owner.
const OTHERS: u32 = 0o077;

/// Reads a private key. Fails if other users can access it.
pub(crate) fn read_secret(flag: Flag, path: &Path) -> Result<Input<'_>, Diagnostic> {
    let origin = Origin { flag, value: path };
    let input = Input::read(flag, path)?;
    let metadata = fs::metadata(path).map_err(|error| access::unreadable(origin, &error))?;
    let mode = metadata.permissions().mode() & PERMISSIONS;
    // Another file is no secret; the reader of the key refuses it.
    if mode & OTHERS == 0 || !is_private(&input.content) {
        return Ok(input);
    }
    Err(origin
        .diagnostic("other users can access the private key")
        .expected("permissions 0600 or fewer")
        .found(format!("{mode:04o}"))
        .remedy(format!(
            "run `chmod 600 {}`; if somebody may have read the key, generate another",
            path.display()
        )))
}

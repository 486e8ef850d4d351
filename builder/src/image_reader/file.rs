// SPDX-License-Identifier: BSD-2-Clause

//! Reads the file of an image, but only the start of any other file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::recognise::{self, HEAD_SIZE};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::{access, bounded};

/// Reads the image at `path`.
///
/// If the file isn't an image, this reads only the first two mebibytes.
///
/// # Errors
///
/// Returns an error if the file can't be read or isn't an image.
pub fn read(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let origin = Origin::new(Flag::Image, path);
    let unreadable = |error: io::Error| access::unreadable(origin, &error);
    let length = bounded::check_kind(origin)?;
    let mut file = File::open(path).map_err(unreadable)?.take(length);
    let mut content = Vec::new();
    let mut head = file.by_ref().take(HEAD_SIZE);
    head.read_to_end(&mut content).map_err(unreadable)?;
    recognise::recognise(origin, &content, length)?;
    bounded::check_size(origin, length)?;
    file.read_to_end(&mut content).map_err(unreadable)?;
    Ok(content)
}

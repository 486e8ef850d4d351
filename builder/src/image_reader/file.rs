// SPDX-License-Identifier: BSD-2-Clause

//! Reading the file of an image, and no more than the start of any other file.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::recognise::{self, HEAD_SIZE};
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::access;

/// Most bytes of a file that is read: far more than any image has.
const MAX_SIZE: u64 = 1 << 30;

/// Reads the image's file at `path`.
///
/// Of a file that is none, only the first two mebibytes are read, however large it is.
///
/// # Errors
///
/// Returns why the file can't be read, or what it is if it is no image.
pub fn read(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let origin = Origin::new(Flag::Image, path);
    let unreadable = |error: io::Error| access::unreadable(origin, &error);
    // Before it is opened, because opening a pipe waits for who writes to it.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(origin
            .diagnostic("not a KaaL image")
            .expected("a regular file")
            .found(access::kind(&metadata))
            .remedy("give the file that the builder wrote"));
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let length = metadata.len();
    let mut content = Vec::new();
    let mut head = file.by_ref().take(HEAD_SIZE);
    head.read_to_end(&mut content).map_err(unreadable)?;
    recognise::recognise(origin, &content, length)?;
    if length > MAX_SIZE {
        return Err(origin
            .diagnostic("too large for a KaaL image")
            .expected(format!("at most {MAX_SIZE} bytes"))
            .found(format!("{length} bytes"))
            .remedy("give the file that the builder wrote"));
    }
    content.reserve_exact((length as usize).saturating_sub(content.len()));
    let rest = file.take(length.saturating_sub(content.len() as u64));
    { rest }.read_to_end(&mut content).map_err(unreadable)?;
    Ok(content)
}

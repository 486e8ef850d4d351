// SPDX-License-Identifier: BSD-2-Clause

//! The line about a new image.

use std::path::Path;

use crate::image::Image;
use crate::rules::Tally;

use super::super::NAME;

/// Names the image at `path`, its size and entry point, how many rules it keeps, and the next command. An image
/// `without_signature` can't boot.
pub(super) fn line(path: &Path, image: &Image, without_signature: bool) -> String {
    let path = path.display();
    let size = image.file.len();
    let Tally { kept, not_checked } = image.rules;
    // The entry point of other formats depends on the boot loader.
    let entry = match image.file_map {
        None => format!(", entry point {}", image.entry),
        Some(_) => String::new(),
    };
    let next = match without_signature {
        true => format!("{NAME} sign {path} --sign-key FILE"),
        false => format!("{NAME} inspect {path}"),
    };
    format!(
        "wrote {path}: {size} bytes{entry}, {kept} rules kept, {not_checked} not checked; next: {next}"
    )
}

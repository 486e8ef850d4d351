// SPDX-License-Identifier: BSD-2-Clause

//! Signed images that a forger changed so that all checksums still match. `check --trust-key` refuses them.

mod header;
mod loader;
mod package;
mod tables;

use kaal_elfloader_builder::{File, ImageReader};

use crate::common::folder::Folder;
use crate::signing::{self, LOADER, SIGN, TRUST};

/// A folder with a signed image that is built with `options`.
fn signed(options: &[(&str, &str)]) -> Folder {
    let folder = signing::folder();
    build(&folder, options);
    folder
}

/// Builds a signed image.
fn build(folder: &Folder, options: &[(&str, &str)]) {
    folder.accepted(&[&[LOADER, TRUST, SIGN], options].concat());
    let output = folder.command(&CHECK);
    assert!(output.status.success(), "{output:?}");
}

const CHECK: [&str; 4] = ["check", "image.elf", "--trust-key", "public.pem"];
const SIGN_AGAIN: [&str; 4] = ["sign", "image.elf", "--sign-key", "private.pem"];

/// The builder's messages if it refuses the image in `folder`.
fn refusal(folder: &Folder, arguments: &[&str]) -> Option<String> {
    let output = folder.command(arguments);
    let is_refused = output.status.code() == Some(1);
    is_refused.then(|| String::from_utf8(output.stderr).expect("text"))
}

/// Fails unless the builder refuses the image with a message that contains `reason`.
fn refused(folder: &Folder, arguments: &[&str], reason: &str) {
    let messages = refusal(folder, arguments).expect("a refusal");
    assert!(messages.contains(reason), "{messages}");
}

/// Changes the bytes of the image in `folder`. The reader has its facts from before.
fn change(folder: &Folder, change: impl FnOnce(&ImageReader<'_>, &mut Vec<u8>)) {
    let content = folder.get("image.elf");
    let mut changed = content.clone();
    let path = "image.elf".as_ref();
    let content = content.as_slice();
    let image = ImageReader::open(File { path, content });
    change(&image.expect("an image"), &mut changed);
    folder.put("image.elf", changed);
}

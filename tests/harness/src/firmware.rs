// SPDX-License-Identifier: BSD-2-Clause

//! QEMU's options for a small firmware that starts an image.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// The address of the firmware.
const ADDRESS: u64 = 0x7f00_0000;

/// Code that passes its first literal in x0 to the program at its second:
/// `ldr x0, =x0; ldr x1, =entry; br x1; nop`.
pub const PASS_ON: [u32; 4] = [0x5800_0080, 0x5800_00a1, 0xd61f_0020, 0xd503_201f];

/// Writes a firmware of `code`, followed by `literals`, to `file`. Returns the options that load and start it.
///
/// # Errors
///
/// Fails if the file can't be written.
pub fn started(file: &Path, code: &[u32], literals: &[u64]) -> Result<Vec<String>> {
    let code = code.iter().flat_map(|word| word.to_le_bytes());
    let literals = literals.iter().flat_map(|word| word.to_le_bytes());
    fs::write(file, code.chain(literals).collect::<Vec<u8>>())
        .with_context(|| format!("failed to write {}", file.display()))?;
    Ok([loaded(file, ADDRESS), entered(ADDRESS)].concat())
}

/// The options that start the first core at `address`.
pub fn entered(address: u64) -> Vec<String> {
    device(format!("addr={address:#x},cpu-num=0"))
}

/// The options that load a file into memory.
pub fn loaded(file: &Path, address: u64) -> Vec<String> {
    let file = file.display().to_string().replace(',', ",,");
    device(format!("file={file},addr={address:#x},force-raw=on"))
}

/// QEMU's loader device with these options.
pub fn device(options: String) -> Vec<String> {
    vec!["-device".to_owned(), format!("loader,{options}")]
}

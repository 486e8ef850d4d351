// SPDX-License-Identifier: BSD-2-Clause

//! The flashes of QEMU's virt machine: one for the firmware, one for its variables.

use std::path::Path;

use anyhow::Result;
use fs_err as fs;

/// The size of a flash in bytes.
const SIZE: u64 = 64 << 20;

/// A flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flash {
    /// The first one, from which the machine starts. The machine can't write to it.
    Firmware,
    /// The second one.
    Variables,
}

impl Flash {
    /// Writes `content` to `file`, which gets the size that QEMU demands. Returns QEMU's options for it.
    ///
    /// # Errors
    ///
    /// Fails if the file can't be written.
    pub fn write(self, content: &[u8], file: &Path) -> Result<Vec<String>> {
        fs::write(file, content)?;
        // What follows is a hole, which takes no space on the disk.
        fs::OpenOptions::new()
            .write(true)
            .open(file)?
            .set_len(SIZE)?;
        let options = match self {
            Self::Firmware => "index=0,readonly=on",
            Self::Variables => "index=1",
        };
        let file = file.display().to_string().replace(',', ",,");
        let drive = format!("if=pflash,format=raw,{options},file={file}");
        Ok(vec!["-drive".to_owned(), drive])
    }
}

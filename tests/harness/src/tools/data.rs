// SPDX-License-Identifier: BSD-2-Clause

//! Files of other projects that tests need, from Debian's packages.

use std::path::PathBuf;

use crate::workspace::Workspace;

/// Files of a Debian package.
#[derive(Debug)]
pub struct Data {
    /// The name of the files in messages.
    pub name: &'static str,
    /// The package.
    pub package: &'static str,
    /// One of the files, relative to the root folder.
    file: &'static str,
}

/// UEFI firmware for QEMU's virt machine, with variables and keys for Secure Boot.
pub const EDK2: Data = Data {
    name: "UEFI firmware",
    package: "qemu-efi-aarch64",
    file: "usr/share/qemu-efi-aarch64/QEMU_EFI.fd",
};

impl Data {
    /// Finds the root folder of the package's files: that of the machine, or the package's folder of `cargo xtask`.
    pub fn find_root(&self) -> Option<PathBuf> {
        let tools = Workspace::locate().ok()?.tools();
        let roots = [PathBuf::from("/"), tools.join(self.package)];
        roots
            .into_iter()
            .find(|root| root.join(self.file).is_file())
    }
}

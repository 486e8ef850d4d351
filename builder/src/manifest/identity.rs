// SPDX-License-Identifier: BSD-2-Clause

//! Identifies files.

use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::diagnostic::Flag;
use crate::format::digest::hexadecimal;

/// The identity of a file.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Identity {
    /// Its name without the folder.
    pub(crate) name: String,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Its SHA-256.
    pub(crate) sha256: String,
}

/// The options of inputs, and the name of each input in manifests.
pub(crate) const ROLES: [(Flag, &str); 11] = [
    (Flag::Loader, "loader"),
    (Flag::Unpacker, "unpacker"),
    (Flag::EfiStub, "efiStub"),
    (Flag::Kernel, "kernel"),
    (Flag::App, "rootTask"),
    (Flag::Microkit, "microkit"),
    (Flag::Dtb, "deviceTree"),
    (Flag::Platform, "platform"),
    (Flag::KernelConfig, "kernelConfig"),
    (Flag::TrustKey, "trustKey"),
    (Flag::NextKey, "nextKey"),
];

/// An input file.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Input {
    #[serde(skip)]
    pub(crate) flag: Flag,
    /// Its name in [`ROLES`].
    pub(crate) role: &'static str,
    /// The file.
    #[serde(flatten)]
    pub(crate) file: Identity,
}

impl Identity {
    /// Identifies the file at `path` by its `content`.
    pub(crate) fn of(path: &Path, content: &[u8]) -> Self {
        Self {
            name: base_name(path),
            size: content.len() as u64,
            sha256: hexadecimal(&Sha256::digest(content)),
        }
    }
}

/// The last component of `path`.
pub(crate) fn base_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

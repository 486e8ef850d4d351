// SPDX-License-Identifier: BSD-2-Clause

//! Which file it was.

use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::hexadecimal;
use crate::diagnostic::Flag;

/// What tells a file from others.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Identity {
    /// Its name, without a folder.
    pub(crate) name: String,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Its SHA-256.
    pub(crate) sha256: String,
}

/// What a manifest calls each input, by the option that names it.
pub(crate) const ROLES: [(Flag, &str); 8] = [
    (Flag::Loader, "loader"),
    (Flag::Unpacker, "unpacker"),
    (Flag::Kernel, "kernel"),
    (Flag::App, "rootTask"),
    (Flag::Dtb, "deviceTree"),
    (Flag::Platform, "platform"),
    (Flag::KernelConfig, "kernelConfig"),
    (Flag::TrustKey, "trustKey"),
];

/// A file that an image is made of.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Input {
    #[serde(skip)]
    pub(crate) flag: Flag,
    /// What it is for.
    pub(crate) role: &'static str,
    /// Which file it is.
    #[serde(flatten)]
    pub(crate) file: Identity,
}

impl Identity {
    /// Of the file at `path`, which has `size` bytes and the SHA-256 `sha256`.
    pub(crate) fn new(path: &Path, size: u64, sha256: &[u8; 32]) -> Self {
        Self {
            name: base_name(path),
            size,
            sha256: hexadecimal(sha256),
        }
    }

    /// Of the file at `path`, which holds `content`.
    pub(crate) fn of(path: &Path, content: &[u8]) -> Self {
        Self::new(path, content.len() as u64, &Sha256::digest(content).into())
    }
}

/// The last part of `path`.
pub(crate) fn base_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

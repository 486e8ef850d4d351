// SPDX-License-Identifier: BSD-2-Clause

//! Which file it was.

use std::path::Path;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::hexadecimal;

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

/// What an input is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Loader,
    Unpacker,
    Kernel,
    RootTask,
    DeviceTree,
    Platform,
    KernelConfig,
    TrustKey,
}

impl Role {
    /// All of them, with what a manifest calls them.
    pub(crate) const ALL: [(Self, &'static str); 8] = [
        (Self::Loader, "loader"),
        (Self::Unpacker, "unpacker"),
        (Self::Kernel, "kernel"),
        (Self::RootTask, "rootTask"),
        (Self::DeviceTree, "deviceTree"),
        (Self::Platform, "platform"),
        (Self::KernelConfig, "kernelConfig"),
        (Self::TrustKey, "trustKey"),
    ];

    /// What a manifest calls it.
    pub(crate) fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find(|(role, _)| *role == self)
            .map_or("", |(_, name)| name)
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A file that an image is made of.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Input {
    /// What it is for.
    pub(crate) role: Role,
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

// SPDX-License-Identifier: BSD-2-Clause

//! What an image is made of.

use super::Settings;
use crate::files::File;

/// What an image is made of.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The KaaL loader: an ELF executable.
    pub loader: File<'a>,
    /// The unpacker, an ELF executable, for formats that need one.
    pub unpacker: Option<File<'a>>,
    /// The seL4 kernel: an ELF executable.
    pub kernel: File<'a>,
    /// The root task: an ELF executable.
    pub app: File<'a>,
    /// A flattened device tree to embed.
    pub device_tree: Option<File<'a>>,
    /// seL4's `platform_gen.yaml` or `.json`: where RAM is.
    pub platform: Option<File<'a>>,
    /// seL4's `gen_config.json`.
    pub kernel_config: Option<File<'a>>,
    /// The public key, in PEM, that the loader is to trust: one for signed images.
    pub trust_key: Option<File<'a>>,
    /// The private key, in PEM (PKCS #8), to sign the image with; without one, it remains to be signed.
    pub sign_key: Option<File<'a>>,
    /// What is not in files.
    pub settings: Settings<'a>,
}

impl<'a> Inputs<'a> {
    /// The files that every image is made of; there is nothing else, and all settings are as by default.
    pub fn new(loader: File<'a>, kernel: File<'a>, app: File<'a>) -> Self {
        Self {
            loader,
            unpacker: None,
            kernel,
            app,
            device_tree: None,
            platform: None,
            kernel_config: None,
            trust_key: None,
            sign_key: None,
            settings: Settings::default(),
        }
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! The inputs of an image.

use super::Settings;
use crate::files::File;

/// The inputs of an image.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The KaaL loader, an ELF executable.
    pub loader: File<'a>,
    /// The unpacker, an ELF executable, for formats that need one.
    pub unpacker: Option<File<'a>>,
    /// The UEFI stub, an ELF executable, for the format that needs one.
    pub efi_stub: Option<File<'a>>,
    /// The seL4 kernel, an ELF executable.
    pub kernel: File<'a>,
    /// The root task, an ELF executable.
    pub app: File<'a>,
    /// The flattened device tree of the machine.
    pub device_tree: Option<File<'a>>,
    /// seL4's `platform_gen.yaml` or `platform_gen.json`, which lists the RAM.
    pub platform: Option<File<'a>>,
    /// seL4's `gen_config.json`.
    pub kernel_config: Option<File<'a>>,
    /// The public key, in PEM, that a loader for signed images trusts.
    pub trust_key: Option<File<'a>>,
    /// Another public key, in PEM, that the loader trusts too, while one key replaces the other.
    pub next_key: Option<File<'a>>,
    /// The private key, in PEM (PKCS #8), that signs the image. Without it, the image stays
    /// unsigned.
    pub sign_key: Option<File<'a>>,
    /// Settings that are not files.
    pub settings: Settings<'a>,
}

impl<'a> Inputs<'a> {
    /// The inputs that each image needs, without optional files and with default settings.
    pub fn new(loader: File<'a>, kernel: File<'a>, app: File<'a>) -> Self {
        Self {
            loader,
            unpacker: None,
            efi_stub: None,
            kernel,
            app,
            device_tree: None,
            platform: None,
            kernel_config: None,
            trust_key: None,
            next_key: None,
            sign_key: None,
            settings: Settings::default(),
        }
    }
}

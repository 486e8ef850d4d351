// SPDX-License-Identifier: BSD-2-Clause

//! The inputs of an image.

use super::Settings;
use crate::files::File;

/// The source of kernel and root task.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum System<'a> {
    /// Two programs.
    Programs {
        /// The seL4 kernel, an ELF executable.
        kernel: File<'a>,
        /// The root task, an ELF executable.
        app: File<'a>,
    },
    /// An image of Microkit, which holds both.
    Microkit {
        /// The image, as Microkit's tool writes it.
        image: File<'a>,
        /// The kernel in it, an ELF executable. It is compared with the image, and gives it symbols.
        kernel: Option<File<'a>>,
    },
}

impl<'a> System<'a> {
    /// The kernel's program, if it is given.
    pub(crate) fn kernel(self) -> Option<File<'a>> {
        match self {
            Self::Programs { kernel, .. } => Some(kernel),
            Self::Microkit { kernel, .. } => kernel,
        }
    }

    /// The root task's program, if it is given.
    pub(crate) fn app(self) -> Option<File<'a>> {
        match self {
            Self::Programs { app, .. } => Some(app),
            Self::Microkit { .. } => None,
        }
    }

    /// The image of Microkit, if it is one.
    pub(crate) fn microkit(self) -> Option<File<'a>> {
        match self {
            Self::Programs { .. } => None,
            Self::Microkit { image, .. } => Some(image),
        }
    }
}

/// The inputs of an image.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The KaaL loader, an ELF executable.
    pub loader: File<'a>,
    /// The unpacker, an ELF executable, for formats that need one.
    pub unpacker: Option<File<'a>>,
    /// The UEFI stub, an ELF executable, for the format that needs one.
    pub efi_stub: Option<File<'a>>,
    /// The seL4 kernel and the root task.
    pub system: System<'a>,
    /// The machine's flattened device tree.
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
            system: System::Programs { kernel, app },
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

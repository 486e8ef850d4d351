// SPDX-License-Identifier: BSD-2-Clause

//! Reads the files that an image is made of.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Flag};
use crate::files::File;
use crate::files::input::Input;
use crate::manifest::{self, Identity, ROLES};
use crate::options::{Inputs, Settings, System};
use crate::signing;

use super::Arguments;

/// The input files.
pub(super) struct Files<'a> {
    loader: Input<'a>,
    others: Vec<Input<'a>>,
}

impl<'a> Files<'a> {
    /// Reads the files that `arguments` name.
    pub(super) fn read(arguments: &'a Arguments) -> Result<Self, Diagnostic> {
        let others = arguments.other_files().map(|(flag, path)| match flag {
            Flag::SignKey => signing::read_secret(flag, path),
            _ => Input::read(flag, path),
        });
        Ok(Self {
            loader: Input::read(Flag::Loader, &arguments.loader)?,
            others: others.collect::<Result<_, _>>()?,
        })
    }

    /// The files as the manifest names them, without the private key.
    pub(super) fn identities(&self) -> Vec<manifest::Input> {
        let given = ROLES.into_iter().filter_map(|(flag, role)| {
            let mut all = [&self.loader].into_iter().chain(&self.others);
            let input = all.find(|input| input.flag == flag)?;
            let file = Identity::of(input.path, &input.content);
            Some(manifest::Input { flag, role, file })
        });
        given.collect()
    }

    /// A program that the configuration was checked for.
    fn program(&self, flag: Flag) -> File<'_> {
        self.other(flag).unwrap_or(File {
            path: Path::new(""),
            content: &[],
        })
    }

    fn other(&self, flag: Flag) -> Option<File<'_>> {
        let mut others = self.others.iter();
        others.find(|other| other.flag == flag).map(Input::file)
    }

    /// The files and `settings` as arguments of the library.
    pub(super) fn inputs<'b>(&'b self, settings: Settings<'b>) -> Inputs<'b> {
        let system = match self.other(Flag::Microkit) {
            Some(image) => System::Microkit {
                image,
                kernel: self.other(Flag::Kernel),
            },
            None => System::Programs {
                kernel: self.program(Flag::Kernel),
                app: self.program(Flag::App),
            },
        };
        Inputs {
            loader: self.loader.file(),
            system,
            unpacker: self.other(Flag::Unpacker),
            efi_stub: self.other(Flag::EfiStub),
            device_tree: self.other(Flag::Dtb),
            platform: self.other(Flag::Platform),
            kernel_config: self.other(Flag::KernelConfig),
            trust_key: self.other(Flag::TrustKey),
            next_key: self.other(Flag::NextKey),
            sign_key: self.other(Flag::SignKey),
            settings,
        }
    }
}

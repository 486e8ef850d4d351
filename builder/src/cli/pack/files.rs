// SPDX-License-Identifier: BSD-2-Clause

//! The files that an image is made of, read.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Flag};
use crate::elf::functions::Functions;
use crate::files::input::{self, Input};
use crate::manifest::{self, Identity, Role};
use crate::options::{Inputs, Settings, Symbols};
use crate::signing;

use super::Arguments;

/// All input files.
pub(super) struct Files<'a> {
    loader: Input<'a>,
    unpacker: Option<Input<'a>>,
    kernel: Input<'a>,
    app: Input<'a>,
    device_tree: Option<Input<'a>>,
    platform: Option<Input<'a>>,
    kernel_config: Option<Input<'a>>,
    kernel_functions: Option<Functions>,
    loader_functions: Option<Functions>,
    trust_key: Option<Input<'a>>,
    sign_key: Option<Input<'a>>,
}

impl<'a> Files<'a> {
    /// Reads the files that `arguments` name.
    pub(super) fn read(arguments: &'a Arguments) -> Result<Self, Diagnostic> {
        let unpacker = arguments.unpacker.as_deref();
        let sign_key = arguments.sign_key.as_deref();
        Ok(Self {
            loader: Input::read_program(Flag::Loader, &arguments.loader)?,
            kernel: Input::read_program(Flag::Kernel, &arguments.kernel)?,
            app: Input::read_program(Flag::App, &arguments.app)?,
            unpacker: unpacker
                .map(|path| Input::read_program(Flag::Unpacker, path))
                .transpose()?,
            device_tree: Input::read_if_given(Flag::Dtb, arguments.dtb.as_deref())?,
            platform: Input::read_if_given(Flag::Platform, arguments.platform.as_deref())?,
            kernel_config: Input::read_if_given(
                Flag::KernelConfig,
                arguments.kernel_config.as_deref(),
            )?,
            kernel_functions: read_functions(arguments, Flag::Kernel, &arguments.kernel)?,
            loader_functions: read_functions(arguments, Flag::Loader, &arguments.loader)?,
            trust_key: Input::read_if_given(Flag::TrustKey, arguments.trust_key.as_deref())?,
            sign_key: sign_key
                .map(|path| signing::read_secret(Flag::SignKey, path))
                .transpose()?,
        })
    }

    /// The files as a manifest names them, but for the private key, which is nobody's business.
    pub(super) fn identities(&self) -> Vec<manifest::Input> {
        let by_role = [
            (Role::Loader, Some(&self.loader)),
            (Role::Unpacker, self.unpacker.as_ref()),
            (Role::Kernel, Some(&self.kernel)),
            (Role::RootTask, Some(&self.app)),
            (Role::DeviceTree, self.device_tree.as_ref()),
            (Role::Platform, self.platform.as_ref()),
            (Role::KernelConfig, self.kernel_config.as_ref()),
            (Role::TrustKey, self.trust_key.as_ref()),
        ];
        let given = by_role.into_iter().filter_map(|(role, input)| {
            let input = input?;
            let file = Identity::new(input.path, input.size, &input.sha256);
            Some(manifest::Input { role, file })
        });
        given.collect()
    }

    /// The files and `settings`, as the library takes them.
    pub(super) fn inputs<'b>(&'b self, settings: Settings<'b>) -> Inputs<'b> {
        Inputs {
            loader: self.loader.file(),
            unpacker: self.unpacker.as_ref().map(Input::file),
            kernel: self.kernel.file(),
            app: self.app.file(),
            device_tree: self.device_tree.as_ref().map(Input::file),
            platform: self.platform.as_ref().map(Input::file),
            kernel_config: self.kernel_config.as_ref().map(Input::file),
            kernel_functions: self.kernel_functions.as_ref(),
            loader_functions: self.loader_functions.as_ref(),
            trust_key: self.trust_key.as_ref().map(Input::file),
            sign_key: self.sign_key.as_ref().map(Input::file),
            settings,
        }
    }
}

/// A program's functions, if they may be wanted.
fn read_functions(
    arguments: &Arguments,
    flag: Flag,
    path: &Path,
) -> Result<Option<Functions>, Diagnostic> {
    match arguments.symbols {
        Symbols::Off => Ok(None),
        Symbols::Auto | Symbols::On => input::read_functions(flag, path).map(Some),
    }
}

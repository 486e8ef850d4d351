// SPDX-License-Identifier: BSD-2-Clause

//! What an image is made of and what can be chosen of it; and what options ask of their values and of each other:
//! all that can be told before any input is looked at.

pub(crate) mod boot_arguments;
pub(crate) mod choices;
pub(crate) mod cores;
mod format;
mod inputs;
mod settings;
mod symbols;
mod trust;

pub use inputs::Inputs;
pub use settings::Settings;
pub use symbols::Symbols;

use std::path::Path;

use kaal_payload::{PAGE_SIZE, PhysAddr};

use crate::diagnostic::{Diagnostic, Flag, Origin};

/// Options, as far as they are looked at here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options<'a> {
    pub(crate) settings: Settings<'a>,
    pub(crate) has_unpacker: bool,
    pub(crate) trust_key: Option<&'a Path>,
    pub(crate) sign_key: Option<&'a Path>,
}

impl<'a> From<&Inputs<'a>> for Options<'a> {
    fn from(inputs: &Inputs<'a>) -> Self {
        Self {
            settings: inputs.settings,
            has_unpacker: inputs.unpacker.is_some(),
            trust_key: inputs.trust_key.map(|file| file.path),
            sign_key: inputs.sign_key.map(|file| file.path),
        }
    }
}

impl Options<'_> {
    /// All that is wrong with them.
    pub(crate) fn check(&self) -> Vec<Diagnostic> {
        let Settings {
            kernel_paddr,
            app_offset,
            cores,
            boot_arguments,
            ..
        } = self.settings;
        let address = kernel_paddr.map(|PhysAddr(address)| address);
        let values = [
            check_alignment(Flag::KernelPaddr, address),
            check_alignment(Flag::AppOffset, app_offset),
            cores::check_asked(cores),
            boot_arguments::encode(boot_arguments).map(drop),
        ];
        let values = values.into_iter().filter_map(Result::err).collect();
        let of_format = format::check(&self.settings, self.has_unpacker);
        let of_trust = trust::check(&self.settings, self.trust_key, self.sign_key);
        [values, of_format, of_trust].concat()
    }
}

fn check_alignment(flag: Flag, value: Option<u64>) -> Result<(), Diagnostic> {
    match value {
        Some(value) if !value.is_multiple_of(PAGE_SIZE) => {
            let value = format!("{value:#x}");
            Err(Origin::new(flag, &value)
                .diagnostic("not a multiple of the page size")
                .expected(format!("a multiple of {PAGE_SIZE:#x}"))
                .found(&value)
                .remedy("correct the number, or leave the option out"))
        }
        _ => Ok(()),
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! The inputs and settings of an image, and all checks of options that need no file's content.

pub(crate) mod boot_arguments;
pub(crate) mod choices;
pub(crate) mod cores;
mod format;
mod inputs;
mod kernel_dtb;
mod microkit;
mod settings;
mod trust;

pub use inputs::{Inputs, System};
pub use settings::{KernelDtb, Settings, Symbols};
pub(crate) use trust::Keys;

use std::path::Path;

use kaal_payload::{PAGE_SIZE, PhysAddr};

use crate::diagnostic::{Diagnostic, Flag, Origin};

/// The files that other options depend on, as far as known without their content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    /// Whether these are given.
    pub(crate) unpacker: bool,
    pub(crate) efi_stub: bool,
    pub(crate) device_tree: bool,
    /// Microkit's image and the root task, which replace each other.
    pub(crate) microkit: Option<&'a Path>,
    pub(crate) app: Option<&'a Path>,
    pub(crate) keys: Keys<'a>,
}

/// Returns all problems with options.
pub(crate) fn check(settings: &Settings<'_>, given: &Given<'_>) -> Vec<Diagnostic> {
    let address = settings.kernel_paddr.map(|PhysAddr(address)| address);
    let values = [
        check_alignment(Flag::KernelPaddr, address),
        check_alignment(Flag::AppOffset, settings.app_offset),
        cores::check_asked(settings.cores),
        boot_arguments::encode(settings.boot_arguments).map(drop),
        kernel_dtb::check(settings, given),
        microkit::check(settings, given),
    ];
    let values = values.into_iter().filter_map(Result::err).collect();
    let of_format = format::check(settings, given);
    let of_trust = trust::check(settings, given.keys);
    [values, of_format, of_trust].concat()
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

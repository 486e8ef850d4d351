// SPDX-License-Identifier: BSD-2-Clause

//! Checks the choice of the kernel's device tree against other options.

use super::{Given, KernelDtb, Settings};
use crate::diagnostic::{Diagnostic, Flag, Origin};

/// Checks that there is a device tree to embed, or for the boot arguments.
pub(super) fn check(settings: &Settings<'_>, given: &Given<'_>) -> Result<(), Diagnostic> {
    let by_default = KernelDtb::of_system(given.microkit.is_some());
    let chosen = settings.kernel_dtb.unwrap_or(by_default);
    match (chosen, settings.boot_arguments) {
        (KernelDtb::Embedded, _) if !given.device_tree => {
            Err(Origin::new(Flag::KernelDtb, "embedded")
                .diagnostic("needs a device tree")
                .expected("the option --dtb")
                .found("none")
                .remedy("pass the machine's device tree as --dtb, or leave the option out"))
        }
        (KernelDtb::None, Some(_)) => Err(Origin::new(Flag::Bootargs, "")
            .diagnostic("stands in the kernel's device tree, but the kernel gets none")
            .expected("--kernel-dtb embedded or firmware")
            .found_option(Origin::new(Flag::KernelDtb, "none"))
            .remedy("leave one of the options out")),
        _ => Ok(()),
    }
}

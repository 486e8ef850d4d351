// SPDX-License-Identifier: BSD-2-Clause

//! Checks options that Microkit's image decides.

use super::{Given, Settings};
use crate::diagnostic::{Diagnostic, Flag, Origin};

/// Checks that nothing else gives a root task or its place.
pub(super) fn check(settings: &Settings<'_>, given: &Given<'_>) -> Result<(), Diagnostic> {
    let Some(image) = given.microkit else {
        return Ok(());
    };
    let conflict = |origin: Origin<'_>, what: &str| {
        let image = Origin::new(Flag::Microkit, image);
        let diagnostic = origin.diagnostic(format!("Microkit's image has {what}"));
        Err(diagnostic
            .expected("one of the options")
            .found_option(image)
            .remedy("leave one of them out"))
    };
    if let Some(app) = given.app {
        return conflict(Origin::new(Flag::App, app), "a root task");
    }
    match settings.app_offset {
        Some(offset) => conflict(
            Origin::new(Flag::AppOffset, &format!("{offset:#x}")),
            "a place for the root task",
        ),
        None => Ok(()),
    }
}

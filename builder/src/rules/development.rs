// SPDX-License-Identifier: BSD-2-Clause

//! The rule about root tasks for development.

use super::{Checked, Situation};
use crate::diagnostic::Flag;

/// `development`
pub(super) fn development(situation: &Situation<'_>) -> Checked {
    if !situation.is_for_development {
        return Ok("the user image has no note of development".to_owned());
    }
    situation
        .complaint(
            Flag::App,
            "a root task for development, which takes programs from a serial line",
        )
        .expected("a root task to ship, which no program replaces")
        .found("an ELF note of the owner \"KaaL\", type 6, in the user image")
        .remedy("before you ship it, build the root task with `cargo xtask root-task`, not `watch`")
        .warned()
}

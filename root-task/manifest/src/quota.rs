// SPDX-License-Identifier: BSD-2-Clause

//! Checks that a component's quotas suffice to start it on any kernel.

use kaal_broker::{Config, Denial, Resources, start_up};
use kaal_program::Program;

use crate::component::Component;
use crate::mistake::{Mistake, Source};

pub(crate) fn check(
    source: &Source,
    component: &Component,
    program: &Program<'_>,
) -> Result<(), Mistake> {
    let needed = needed(component, program).map_err(|denial| {
        let problem = format!("binary = {:?}: {denial}", component.binary.get_ref());
        source.mistake(&component.binary, problem)
    })?;
    for (key, value, needed) in [
        ("memory", &component.memory, needed.bytes),
        ("slots", &component.slots, needed.slots),
    ] {
        let found = *value.get_ref();
        if found < needed {
            let problem = format!(
                "{key} = {found}: {:?} takes up to {needed} to start: write {key} = {needed}, or \
                 more for what it requests",
                component.name.get_ref()
            );
            return Err(source.mistake(value, problem));
        }
    }
    Ok(())
}

/// Returns what a component takes to start.
fn needed(component: &Component, program: &Program<'_>) -> Result<Resources, Denial> {
    let config = Config {
        stack: *component.stack.get_ref(),
        ..Config::new("")
    };
    start_up(&config, &program.image())
}

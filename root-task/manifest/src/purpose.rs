// SPDX-License-Identifier: BSD-2-Clause

//! What a root task is built for: only one for development replaces programs of components.

use kaal_devicetree::DeviceTree;

use crate::component::Component;
use crate::defaults::folder_for;
use crate::mistake::{Mistake, Source};

/// The component that replaces programs in development.
pub(crate) const RELOAD: &str = include_str!("../../task/reload.toml");

/// What a root task is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To ship. No component may replace the programs of others.
    Production,
    /// `cargo xtask watch`. On machines with its device, a component replaces the programs of others.
    Development,
}

/// Whether the machine has the device of [`RELOAD`].
pub(crate) fn has_reload_device(tree: &DeviceTree<'_>) -> bool {
    folder_for(tree).is_empty()
}

/// Checks that no component may replace the programs of others.
pub(crate) fn check(source: &Source, components: &[Component]) -> Result<(), Mistake> {
    let mut components = components.iter();
    let Some(component) = components.find(|component| component.may_reload()) else {
        return Ok(());
    };
    let problem = format!(
        "operator of {:?}: \"reload\" is only for development: leave it out; `cargo xtask watch` adds a \
         component with it",
        component.name.get_ref()
    );
    Err(source.mistake(&component.name, problem))
}

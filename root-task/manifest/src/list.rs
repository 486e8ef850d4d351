// SPDX-License-Identifier: BSD-2-Clause

//! Reads the list and checks it against the machine.

use std::fs;
use std::path::Path;

use anyhow::Context;
use kaal_broker::Device;
use kaal_devicetree::{DeviceTree, Facts, MemoryKind};
use serde::Deserialize;

use crate::component::Component;
use crate::mistake::Mistake;
use crate::program::Program;
use crate::{heap, order};

/// A list of components, each after the providers of services that it needs.
#[derive(Clone, Debug)]
pub struct List {
    text: String,
    /// The components.
    pub components: Vec<Component>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    component: Vec<Component>,
}

impl List {
    /// Reads a list.
    ///
    /// # Errors
    ///
    /// Returns the first [`Mistake`].
    pub fn read(text: &str) -> Result<Self, Mistake> {
        let file: File = toml::from_str(text).map_err(|error| Mistake::of_syntax(text, &error))?;
        let mut components = file.component;
        components
            .iter()
            .try_for_each(|component| component.check(text))?;
        order::by_needs(text, &mut components)?;
        heap::check(text, &components)?;
        let text = text.to_owned();
        Ok(Self { text, components })
    }

    /// Checks that the machine has all devices, and enough memory for all quotas together.
    ///
    /// # Errors
    ///
    /// Returns the first [`Mistake`].
    pub fn check_machine(&self, tree: &DeviceTree<'_>) -> Result<(), Mistake> {
        let ram = ram(tree);
        let mut left = ram;
        for component in &self.components {
            for device in &component.devices {
                let name = device.get_ref();
                Device::find(tree, name).map_err(|error| {
                    Mistake::new(&self.text, device, "devices", format!("{name:?}: {error}"))
                })?;
            }
            let memory = *component.memory.get_ref();
            left = left.checked_sub(memory).ok_or_else(|| {
                let problem =
                    format!("{memory} bytes requested, {left} of the machine's {ram} bytes left");
                Mistake::new(&self.text, &component.memory, "memory", problem)
            })?;
        }
        Ok(())
    }

    /// Reads a component's program from `folder`.
    ///
    /// # Errors
    ///
    /// Fails if the file is missing, or like [`Program::read`].
    pub fn load(&self, component: &Component, folder: &Path) -> Result<Program, Mistake> {
        let binary = component.binary.get_ref();
        let file = folder.join(binary);
        let content = fs::read(&file).with_context(|| format!("failed to read {}", file.display()));
        let program = content.and_then(|content| Program::read(&content));
        program.map_err(|error| {
            let problem = format!("{binary:?}: {error:#}");
            Mistake::new(&self.text, &component.binary, "binary", problem)
        })
    }
}

/// Size in bytes of the machine's RAM. No image has a device tree with more memory than [`Facts`] can list.
fn ram(tree: &DeviceTree<'_>) -> u64 {
    let Ok(facts) = Facts::of(tree) else {
        return 0;
    };
    let banks = facts.memory_of(MemoryKind::Ram);
    banks.map(|bank| bank.size()).fold(0, u64::saturating_add)
}

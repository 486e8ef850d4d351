// SPDX-License-Identifier: BSD-2-Clause

//! Reads the list and checks it against the machine and the components' programs.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use kaal_broker::{Device, Quiesce};
use kaal_devicetree::{DeviceTree, Facts, MemoryKind};
use kaal_program::Program;
use serde::Deserialize;

use crate::component::Component;
use crate::mistake::{Mistake, Source, question};
use crate::purpose::{self, Purpose, RELOAD};
use crate::{devices, heap, order, passive, quota};

/// A list of components, each after the providers of services that it needs.
#[derive(Clone, Debug)]
pub struct List {
    source: Source,
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
    /// Reads the list in `file` and checks it against the machine, then keeps only some components.
    /// Mistakes name it `shown`.
    ///
    /// # Errors
    ///
    /// Fails if the file can't be read, or like the checks.
    pub fn open(
        file: &Path,
        shown: &str,
        tree: &DeviceTree<'_>,
        only: &[String],
        purpose: Purpose,
    ) -> anyhow::Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("failed to read {shown}"))?;
        let mut list = Self::read(shown, &text)?;
        match purpose {
            Purpose::Production => purpose::check(&list.source, &list.components)?,
            Purpose::Development => {
                if !list.components.iter().any(Component::may_reload)
                    && purpose::has_reload_device(tree)
                {
                    list = Self::read(shown, &format!("{text}\n{RELOAD}"))?;
                }
            }
        }
        list.check_machine(tree)?;
        list.keep_only(only)?;
        Ok(list)
    }

    /// Reads the list in `text`. Mistakes name it `file`.
    ///
    /// # Errors
    ///
    /// Returns the first [`Mistake`].
    pub fn read(file: &str, text: &str) -> Result<Self, Mistake> {
        let source = Source {
            file: file.to_owned(),
            text: text.to_owned(),
        };
        let content: File = toml::from_str(text).map_err(|error| source.wrong_syntax(&error))?;
        let mut components = content.component;
        components
            .iter()
            .try_for_each(|component| component.check(&source))?;
        order::by_needs(&source, &mut components)?;
        passive::check(&source, &components)?;
        heap::check(&source, &components)?;
        Ok(Self { source, components })
    }

    /// Keeps only the components with these names, one that may replace programs, and the providers of
    /// services that they need. All components stay if there are no names.
    ///
    /// # Errors
    ///
    /// Fails if no component has one of the names.
    pub fn keep_only(&mut self, names: &[String]) -> anyhow::Result<()> {
        let mut known = self.components.iter().map(|it| it.name.get_ref().as_str());
        for name in names {
            if !known.clone().any(|known| known == name) {
                let question = question(name, &mut known);
                bail!("{} has no component {name:?}{question}", self.source.file);
            }
        }
        if !names.is_empty() {
            let reload = self.components.iter().filter(|it| it.may_reload());
            let reload = reload.map(|it| it.name.get_ref().clone());
            let kept: Vec<_> = reload.chain(names.iter().cloned()).collect();
            order::keep(&mut self.components, &kept);
        }
        Ok(())
    }

    /// Checks that the machine has all devices, each for one component, and enough memory for all
    /// quotas together.
    ///
    /// # Errors
    ///
    /// Returns the first [`Mistake`].
    pub fn check_machine(&self, tree: &DeviceTree<'_>) -> Result<(), Mistake> {
        devices::check(&self.source, &self.components, tree)?;
        for component in &self.components {
            self.dma(component, tree)?;
        }
        let ram = ram(tree);
        let mut left = ram;
        for component in &self.components {
            let memory = *component.memory.get_ref();
            left = left.checked_sub(memory).ok_or_else(|| {
                let problem = format!(
                    "memory = {memory}: at most {left} expected, the rest of the machine's {ram} \
                     bytes"
                );
                self.source.mistake(&component.memory, problem)
            })?;
        }
        Ok(())
    }

    /// Returns whether a component may request the device whose registers begin at `address`.
    pub fn has_device(&self, tree: &DeviceTree<'_>, address: u64) -> bool {
        let mut names = self.components.iter().flat_map(|it| &it.devices);
        names.any(|name| {
            let device = Device::find(tree, name.get_ref());
            let mut registers = device.into_iter().flat_map(|device| device.registers);
            registers.any(|range| range.start.0 == address)
        })
    }

    /// Checks that the kernel runs on the components' cores.
    ///
    /// # Errors
    ///
    /// Returns the first [`Mistake`].
    pub fn check_cores(&self, cores: usize) -> Result<(), Mistake> {
        let mut affinities = self.components.iter().map(|component| &component.affinity);
        let missing = affinities.find(|affinity| usize::from(*affinity.get_ref()) >= cores);
        missing.map_or(Ok(()), |affinity| {
            let core = affinity.get_ref();
            let last = cores.saturating_sub(1);
            let problem = format!(
                "affinity = {core}: a core from 0 to {last} expected, because the kernel runs on \
                 {cores}: write another core, or build the kernel with KernelMaxNumNodes={}",
                u32::from(*core) + 1
            );
            Err(self.source.mistake(affinity, problem))
        })
    }

    /// Returns how to stop the accesses of a component's devices to memory.
    ///
    /// # Errors
    ///
    /// Fails if a device lacks the register.
    pub fn dma(
        &self,
        component: &Component,
        tree: &DeviceTree<'_>,
    ) -> Result<Vec<Option<Quiesce>>, Mistake> {
        let devices = component.dma.iter();
        let quiesce = devices.map(|device| devices::quiesce(&self.source, device, tree));
        quiesce.collect()
    }

    /// Reads the file with a component's program from `folder`.
    ///
    /// # Errors
    ///
    /// Fails if the file is missing.
    pub fn load(&self, component: &Component, folder: &Path) -> Result<Vec<u8>, Mistake> {
        let file = read_program(component.binary.get_ref(), folder);
        file.map_err(|error| self.in_binary(component, &error))
    }

    /// Reads a component's program in `file`, and checks that the quotas suffice to start it.
    ///
    /// # Errors
    ///
    /// Fails like [`Program::read`] and [`Self::check_quotas`].
    pub fn program<'a>(
        &self,
        component: &Component,
        file: &'a [u8],
    ) -> Result<Program<'a>, Mistake> {
        let program =
            Program::read(file).map_err(|flaw| self.in_binary(component, &flaw.into()))?;
        self.check_quotas(component, &program)?;
        Ok(program)
    }

    /// Returns the mistake that a component's program is none of `known`. `expected` says where they are.
    pub fn unknown_program<'a>(
        &self,
        component: &Component,
        expected: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Mistake {
        let binary = component.binary.get_ref();
        let question = question(binary, known);
        let problem = format!("binary = {binary:?}: {expected} expected{question}");
        self.source.mistake(&component.binary, problem)
    }

    fn in_binary(&self, component: &Component, error: &anyhow::Error) -> Mistake {
        let problem = format!("binary = {:?}: {error:#}", component.binary.get_ref());
        self.source.mistake(&component.binary, problem)
    }

    /// Checks that the quotas suffice to start a component with this program, on any kernel.
    ///
    /// # Errors
    ///
    /// Fails with the number to write, or if the program doesn't fit the address space.
    pub fn check_quotas(
        &self,
        component: &Component,
        program: &Program<'_>,
    ) -> Result<(), Mistake> {
        quota::check(&self.source, component, program)
    }
}

fn read_program(name: &str, folder: &Path) -> anyhow::Result<Vec<u8>> {
    let file = folder.join(name);
    if !file.is_file() {
        let known = programs(folder);
        let question = question(name, known.iter().map(String::as_str));
        bail!(
            "no component of this name was built in {}{question}",
            folder.display()
        );
    }
    fs::read(&file).with_context(|| format!("failed to read {}", file.display()))
}

/// Returns the names of files that may be programs: those without an extension.
fn programs(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    let names = files.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| !name.contains('.')).collect()
}

/// Size in bytes of the machine's RAM. No image has a device tree with more memory than [`Facts`]
/// can list.
fn ram(tree: &DeviceTree<'_>) -> u64 {
    let Ok(facts) = Facts::of(tree) else {
        return 0;
    };
    let banks = facts.memory_of(MemoryKind::Ram);
    banks.map(|bank| bank.size()).fold(0, u64::saturating_add)
}

// SPDX-License-Identifier: BSD-2-Clause

//! Replaces programs of components in the running system.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use fs_err as fs;
use kaal_harness::line::{Answer, Line};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use kaal_manifest::{Component, List};

use super::sources::Sources;
use crate::progress;
use crate::qemu::Options;
use crate::root_task::WATCH;

/// A running system, whose programs may be replaced.
pub(super) struct Swap<'a> {
    workspace: &'a Workspace,
    options: &'a Options,
    sources: &'a Sources,
    line: Option<Line>,
}

impl<'a> Swap<'a> {
    /// A system that is about to boot.
    pub(super) fn new(
        workspace: &'a Workspace,
        options: &'a Options,
        sources: &'a Sources,
    ) -> Result<Self> {
        // QEMU may have left the socket of the last boot.
        match options.devices.line.as_deref().map(fs::remove_file) {
            Some(Err(error)) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        Ok(Self {
            workspace,
            options,
            sources,
            line: None,
        })
    }

    /// Builds the components that alone depend on `paths`, and replaces their programs. Prints the results. Returns
    /// false if the system must boot again instead.
    pub(super) fn replace(&mut self, paths: &[PathBuf]) -> bool {
        let packages = paths.iter().map(|path| self.sources.package(path));
        let Some(packages) = packages.collect::<Option<BTreeSet<_>>>() else {
            return false;
        };
        let Ok(Some(kernel)) = Kernel::from_environment() else {
            return false;
        };
        if self.line.is_none() {
            let socket = self.options.devices.line.as_deref();
            self.line = socket.and_then(|socket| Line::connect(socket).ok());
        }
        let list = self.options.selection.read(self.workspace, &kernel);
        let (Some(line), Ok(list)) = (&mut self.line, list) else {
            return false;
        };
        let programs: BTreeSet<_> = packages.iter().flat_map(|it| &it.programs).collect();
        let is_changed = |component: &&Component| programs.contains(component.binary.get_ref());
        let components: Vec<_> = list.components.iter().filter(is_changed).collect();
        if components.iter().any(|component| component.may_reload()) {
            return false;
        }
        for package in &packages {
            let built = package.build(self.workspace, &kernel, &self.options.selection);
            if let Err(error) = built {
                eprintln!("error: {error:#}; the old program stays");
                return true;
            }
        }
        let built = Instant::now();
        let folder = self.options.selection.programs(self.workspace, WATCH);
        for component in components {
            let name = component.name.get_ref();
            match replace(&folder, line, &list, component) {
                Ok(Outcome::Runs) => {
                    let time = built.elapsed().as_millis();
                    progress::step(format_args!("{name} runs again, {time} ms after its build"));
                }
                Ok(Outcome::Refused(reason)) => {
                    eprintln!("error: {name}: {reason}; the old program stays");
                }
                Err(error) => {
                    eprintln!("error: {error:#}");
                    return false;
                }
            }
        }
        true
    }
}

/// What became of a component's new program.
enum Outcome {
    Runs,
    Refused(String),
}

/// Replaces the program of one component by that in `folder`.
fn replace(folder: &Path, line: &mut Line, list: &List, component: &Component) -> Result<Outcome> {
    let file = list.load(component, folder)?;
    let program = match list.program(component, &file) {
        Ok(program) => &file[..program.length],
        Err(mistake) => return Ok(Outcome::Refused(mistake.to_string())),
    };
    Ok(match line.replace(component.name.get_ref(), program)? {
        Answer::Runs => Outcome::Runs,
        Answer::Refused(reason) => Outcome::Refused(reason),
    })
}

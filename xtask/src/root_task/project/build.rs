// SPDX-License-Identifier: BSD-2-Clause

//! Builds the components of a project.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, Package};
use fs_err as fs;
use kaal_harness::process;
use kaal_harness::workspace::Workspace;
use kaal_manifest::List;

use super::{Packages, Project};
use crate::build::update;
use crate::root_task;
use crate::setup::TARGET;

impl Project {
    /// Builds the components in `list` with the commands that `cargo` makes, and puts their programs in `folder`.
    pub(in crate::root_task) fn build(
        &self,
        list: &List,
        workspace: &Workspace,
        profile: &str,
        cargo: impl Fn() -> Result<Command>,
        folder: &Path,
    ) -> Result<()> {
        let of_kaal = root_task::components(workspace)?;
        let Packages { own, of_kaal } = self.find(list, &of_kaal)?;
        let mut programs = Vec::new();
        if let Some(metadata) = &self.metadata.as_ref().filter(|_| !own.is_empty()) {
            self.build_own(metadata, &own, cargo()?)?;
            let built = metadata.target_directory.join(TARGET).join(profile);
            let own = own.iter().map(|(_, name)| built.join(name));
            programs.extend(own.map(PathBuf::from));
        }
        let mut command = cargo()?;
        command.args(of_kaal.iter().flat_map(|name| ["--package", name]));
        process::run(&mut command)?;
        let built = root_task::programs(workspace, profile);
        programs.extend(of_kaal.iter().map(|name| built.join(name)));
        fs::create_dir_all(folder)?;
        for program in programs {
            let name = program.file_name().unwrap_or_default();
            update(&program, &folder.join(name))?;
        }
        Ok(())
    }

    /// Builds the user's components with the command `cargo`.
    fn build_own(
        &self,
        metadata: &Metadata,
        own: &[(&Package, &str)],
        mut cargo: Command,
    ) -> Result<()> {
        cargo.current_dir(&metadata.workspace_root);
        cargo.env("CARGO_TARGET_DIR", &metadata.target_directory);
        for (package, program) in own {
            cargo.args(["--package", &package.name, "--bin", program]);
        }
        process::run(&mut cargo).with_context(|| {
            format!(
                "failed to build the components of {}; each is a program with `#![no_std]`, `#![no_main]` and \
                 `kaal_component::main!`",
                self.manifest.display()
            )
        })
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! A package of KaaL's or of the user's workspace, to build alone.

use std::path::PathBuf;

use anyhow::Result;
use fs_err as fs;
use kaal_harness::process;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;

use super::{Selection, WATCH, command};
use crate::build::{target_flags, update};
use crate::setup::TARGET;

/// The settings of [`WATCH`], which no workspace has: it compiles fast.
const WATCH_PROFILE: [&str; 4] = [
    "inherits=\"release\"",
    "lto=\"off\"",
    "codegen-units=64",
    "incremental=true",
];

/// A package that components may come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    /// Its programs, if no other package depends on its files.
    pub(crate) programs: Vec<String>,
    /// Cargo's output folder for its workspace.
    pub(crate) target: PathBuf,
}

impl Package {
    /// Builds the programs for `watch`, and puts them into the folder of `selection`.
    pub(crate) fn build(
        &self,
        workspace: &Workspace,
        kernel: &Kernel,
        selection: &Selection,
    ) -> Result<()> {
        let mut command = command(workspace, kernel)?;
        command
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .args(["build", "--package", &self.name, "--bins"])
            .args(profile(WATCH))
            .args(target_flags()?);
        process::run(&mut command)?;
        let built = self.target.join(TARGET).join(WATCH);
        let folder = selection.programs(workspace, WATCH);
        fs::create_dir_all(&folder)?;
        for program in &self.programs {
            update(&built.join(program), &folder.join(program))?;
        }
        Ok(())
    }
}

/// Cargo's options for `profile`, in any workspace.
pub(super) fn profile(profile: &str) -> Vec<String> {
    let settings = WATCH_PROFILE.iter().filter(|_| profile == WATCH);
    let settings = settings.flat_map(|setting| {
        [
            "--config".to_owned(),
            format!("profile.{profile}.{setting}"),
        ]
    });
    let profile = ["--profile", profile].map(str::to_owned);
    profile.into_iter().chain(settings).collect()
}

// SPDX-License-Identifier: BSD-2-Clause

//! Makes the files of something new.

mod component;
mod project;

use anyhow::Result;
use clap::Subcommand;
use kaal_harness::workspace::Workspace;

#[derive(Subcommand)]
pub(crate) enum New {
    /// Make a component of KaaL's root task, and add it to root-task/task/system.toml
    Component(component::Options),
    /// Make a project for a root task that greets, to build with Cargo or Nix
    RootTask(project::Options),
    /// Make a project for a system: components for KaaL's root task, and a test that boots them
    System(project::Options),
}

pub(crate) fn run(workspace: &Workspace, new: &New) -> Result<()> {
    match new {
        New::Component(options) => component::run(workspace, options),
        New::RootTask(options) => project::root_task(workspace, options),
        New::System(options) => project::system(workspace, options),
    }
}

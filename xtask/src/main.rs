// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask`: the way into KaaL without Nix.

mod build;
mod setup;

use anyhow::Result;
use clap::{Parser, Subcommand};
use kaal_tests::workspace::Workspace;

/// Builds, boots, tests and measures KaaL. Each command first provides what it needs.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Provides QEMU and the `core` library for aarch64-unknown-none
    Setup,
    /// Builds the loader, the probe kernels and the image builder, and packs the default image
    Build,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let workspace = Workspace::locate()?;
    match arguments.task {
        Task::Setup => setup::all(),
        Task::Build => build::run(&workspace),
    }
}

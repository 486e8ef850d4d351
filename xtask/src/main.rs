// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask`: the way into KaaL without Nix.

#![forbid(unsafe_code)]

mod audit;
mod bench;
mod book;
mod build;
mod clean_room;
mod dist;
mod flips;
mod fuzz;
mod memory_safety;
mod progress;
mod qemu;
mod reproduce;
mod root_task;
mod sbom;
mod setup;
mod test;
mod watch;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::{Parser, Subcommand};
use kaal_harness::workspace::Workspace;

/// Builds, boots, tests and measures KaaL. Each command first provides what it needs.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
    /// Say nothing of what is under way, only results and errors
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Task {
    /// Provides QEMU, and a compiler for aarch64-unknown-none
    Setup,
    /// Builds the loader, the probe kernels and the image builder, and packs the default image
    Build,
    /// Builds the root task for the kernel that SEL4_PREFIX names
    #[command(name = "root-task")]
    System,
    /// Packs an image and boots it on QEMU
    Qemu(Box<qemu::Options>),
    /// Boots as `qemu` does, and builds and boots again after each change of a source
    Watch(Box<qemu::Options>),
    /// Runs all checks and tests; those of a real kernel only where SEL4_PREFIX is set
    Test(test::Options),
    /// Runs commands as on a new user's machine: on a bare Debian, in a fresh clone
    CleanRoom(clean_room::Options),
    /// Flips each bit of a small image, one by one, and says what became of it
    Flips(flips::Options),
    /// Checks the licences, sources and versions of all dependencies, and what is known to be wrong with them
    Audit(audit::Options),
    /// Runs the tests of what decides, reads and decompresses in Miri, which finds undefined behaviour
    Miri,
    /// Runs the same tests with AddressSanitizer, which finds wrong accesses to memory
    Sanitize,
    /// Searches for input that makes what reads it crash
    Fuzz(fuzz::Options),
    /// Builds everything twice, in different surroundings, and compares all that comes of it
    Reproduce,
    /// Writes a bill of materials of KaaL's programs: the crates that they are made of
    Sbom,
    /// Makes the archives of a release in `target/dist`, with the builder for this or other machines
    Dist(dist::Options),
    /// Builds the documentation as a book, with what it shows of running images made anew
    Book(book::Options),
    /// Measures the boot, the images and the builder
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    progress::set_quiet(arguments.quiet);
    let started = Instant::now();
    let result = run(arguments.task);
    progress::end(started);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(qemu::status(&error))
        }
    }
}

fn run(task: Task) -> Result<()> {
    let workspace = Workspace::locate()?;
    match task {
        Task::Setup => setup::all(&workspace),
        Task::Build => build::run(&workspace),
        Task::System => root_task::run(&workspace),
        Task::Qemu(options) => qemu::run(&workspace, &options),
        Task::Watch(options) => watch::run(&workspace, &options),
        Task::Test(options) => test::run(&workspace, &options),
        Task::CleanRoom(options) => clean_room::run(&workspace, &options),
        Task::Flips(options) => flips::run(&workspace, &options),
        Task::Audit(options) => audit::run(&workspace, &options),
        Task::Miri => memory_safety::miri(&workspace),
        Task::Sanitize => memory_safety::sanitize(&workspace),
        Task::Reproduce => reproduce::run(&workspace),
        Task::Fuzz(options) => fuzz::run(&workspace, &options),
        Task::Sbom => sbom::run(&workspace),
        Task::Dist(options) => dist::run(&workspace, &options),
        Task::Book(options) => book::run(&workspace, &options),
        Task::Bench(options) => bench::run(&workspace, &options),
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask`: builds and tests KaaL without Nix.

#![forbid(unsafe_code)]

mod api;
mod audit;
mod bench;
mod book;
mod build;
mod clean_room;
mod disk;
mod dist;
mod flips;
mod forge;
mod fuzz;
mod interrupt;
mod memory_safety;
mod new;
mod progress;
mod qemu;
mod reproduce;
mod root_task;
mod rust_home;
mod sbom;
mod setup;
mod test;
mod watch;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::{Parser, Subcommand};
use kaal_harness::workspace::Workspace;

/// Build, boot, test and measure KaaL. Each command first gets the programs that it needs
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Print only results and errors, no progress
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Get QEMU and a compiler for aarch64-unknown-none
    Setup,
    /// Build the loader, the probe kernels and the builder, and pack the default image
    Build,
    /// Make the files of something new
    #[command(subcommand)]
    New(new::New),
    /// Build the root task for the kernel of SEL4_PREFIX
    RootTask(root_task::Selection),
    /// Pack an image and boot it on QEMU
    Qemu(Box<qemu::Options>),
    /// Boot like `qemu`, and build and boot again after each change of a source file; a changed component replaces the
    /// one that runs
    Watch(Box<qemu::Options>),
    /// Make a disk that UEFI firmware boots, such as a USB stick
    Disk(disk::Options),
    /// Run all checks and tests; tests of a real kernel only run if SEL4_PREFIX is set
    Test(test::Options),
    /// Run commands as on a new user's machine: on a bare Debian, in a fresh clone
    CleanRoom(clean_room::Options),
    /// Flip each bit of a small image, one at a time, and count the outcomes
    Flips(flips::Options),
    /// Forge signed images without their key, and try to get them accepted and booted
    Forge(forge::Options),
    /// Check the licences, sources, versions and known vulnerabilities of all dependencies
    Audit(audit::Options),
    /// Run the tests of pure logic, readers and decompression in Miri, which finds undefined behaviour
    Miri,
    /// Run the same tests with AddressSanitizer, which finds invalid memory accesses
    Sanitize,
    /// Search for input that crashes a reader
    Fuzz(fuzz::Options),
    /// Build everything twice, in different surroundings, and compare all results
    Reproduce,
    /// Write a bill of materials: the crates that are linked into each of KaaL's programs
    Sbom,
    /// Make the archives of a release in `target/dist`, for this or other machines
    Dist(dist::Options),
    /// Update the generated parts of the documentation, and build it as a book
    Book(book::Options),
    /// Measure the boot, the images and the builder
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    progress::set_quiet(arguments.quiet);
    let started = Instant::now();
    match run(arguments.command) {
        Ok(()) => {
            progress::end(started);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(qemu::status(&error))
        }
    }
}

fn run(command: Command) -> Result<()> {
    let workspace = Workspace::locate()?;
    match command {
        Command::Setup => setup::all(&workspace),
        Command::Build => build::run(&workspace),
        Command::New(new) => new::run(&workspace, &new),
        Command::RootTask(selection) => root_task::run(&workspace, &selection),
        Command::Qemu(options) => qemu::run(&workspace, &options),
        Command::Watch(options) => watch::run(&workspace, *options),
        Command::Disk(options) => disk::run(&workspace, &options),
        Command::Test(options) => test::run(&workspace, &options),
        Command::CleanRoom(options) => clean_room::run(&workspace, &options),
        Command::Flips(options) => flips::run(&workspace, &options),
        Command::Forge(options) => forge::run(&workspace, &options),
        Command::Audit(options) => audit::run(&workspace, &options),
        Command::Miri => memory_safety::miri(&workspace),
        Command::Sanitize => memory_safety::sanitize(&workspace),
        Command::Reproduce => reproduce::run(&workspace),
        Command::Fuzz(options) => fuzz::run(&workspace, &options),
        Command::Sbom => sbom::run(&workspace),
        Command::Dist(options) => dist::run(&workspace, &options),
        Command::Book(options) => book::run(&workspace, &options),
        Command::Bench(options) => bench::run(&workspace, &options),
    }
}

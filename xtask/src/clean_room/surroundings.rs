// SPDX-License-Identifier: BSD-2-Clause

//! What a room has of this machine: rustup, and the way to the network.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_harness::process;

use super::home;

/// What rustup puts into its folder of programs, as links to itself.
const PROXIES: [&str; 7] = [
    "cargo",
    "cargo-clippy",
    "cargo-fmt",
    "clippy-driver",
    "rustc",
    "rustdoc",
    "rustfmt",
];

/// Adds rustup to `root`, which lies over the tree, without the programs that Cargo has installed beside it.
pub(super) fn add_rustup(root: &Path) -> Result<()> {
    let programs = home("CARGO_HOME", ".cargo")?.join("bin");
    let to = root.join("root/.cargo/bin");
    fs::create_dir_all(&to)
        .and_then(|()| fs::copy(programs.join("rustup"), to.join("rustup")))
        .context("failed to copy rustup")?;
    for proxy in PROXIES {
        symlink("rustup", to.join(proxy)).context("failed to copy rustup")?;
    }
    Ok(())
}

/// Adds what leads programs to the network here.
pub(super) fn add_network(root: &Path) -> Result<()> {
    let network = ["dump", "Acquire::http", "Acquire::https"];
    let mut apt = process::read(Command::new("apt-config").args(network)).unwrap_or_default();
    // Pages show what a person types, who answers with yes.
    apt.push_str("APT::Get::Assume-Yes \"true\";\n");
    write(
        &root.join("etc/apt/apt.conf.d/90clean-room"),
        apt.as_bytes(),
    )?;
    let cargo = home("CARGO_HOME", ".cargo")?;
    let user = env::home_dir().context("no home folder")?;
    for (from, to) in [
        (cargo.join("config.toml"), "root/.cargo/config.toml"),
        (user.join(".gitconfig"), "root/.gitconfig"),
        (
            "/etc/ssl/certs/ca-certificates.crt".into(),
            "etc/ssl/certs/ca-certificates.crt",
        ),
        ("/etc/resolv.conf".into(), "etc/resolv.conf"),
        ("/etc/hosts".into(), "etc/hosts"),
    ] {
        if let Ok(content) = fs::read(&from) {
            write(&root.join(to), &content)?;
        }
    }
    Ok(())
}

fn write(file: &Path, content: &[u8]) -> Result<()> {
    let folder = file.parent().context("a file in a folder expected")?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, content))
        .with_context(|| format!("failed to write {}", file.display()))
}

// SPDX-License-Identifier: BSD-2-Clause

//! Adds parts of this machine to a room: rustup, and the settings for the network.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use fs_err::os::unix::fs::symlink;
use kaal_harness::process;

use crate::rust_home;

/// The links to rustup in its folder of programs.
const PROXIES: [&str; 7] = [
    "cargo",
    "cargo-clippy",
    "cargo-fmt",
    "clippy-driver",
    "rustc",
    "rustdoc",
    "rustfmt",
];

/// Adds rustup to `root`, which lies over the tree, without the programs that Cargo has installed beside it. Returns
/// the folder of the toolchains.
pub(super) fn add_rustup(root: &Path) -> Result<PathBuf> {
    let (rustup, toolchains) = (rust_home::cargo()?.join("bin/rustup"), rust_home::rustup()?);
    for path in [&rustup, &toolchains] {
        ensure!(
            path.exists(),
            "{} not found: install Rust with rustup, https://rustup.rs",
            path.display()
        );
    }
    let to = root.join("root/.cargo/bin");
    fs::create_dir_all(&to)?;
    fs::copy(rustup, to.join("rustup"))?;
    for proxy in PROXIES {
        symlink("rustup", to.join(proxy))?;
    }
    Ok(toolchains)
}

/// Adds the files that tell programs how to reach the network.
pub(super) fn add_network(root: &Path) -> Result<()> {
    let network = ["dump", "Acquire::http", "Acquire::https"];
    let mut apt = process::read(Command::new("apt-config").args(network)).unwrap_or_default();
    // Pages show commands as a person types them, who then answers yes.
    apt.push_str("APT::Get::Assume-Yes \"true\";\n");
    let settings = root.join("etc/apt/apt.conf.d/90clean-room");
    write(&settings, apt.as_bytes())?;
    let cargo = rust_home::cargo()?.join("config.toml");
    let home = env::home_dir().context("HOME is not set")?;
    let certificates = "etc/ssl/certs/ca-certificates.crt";
    for (from, to) in [
        (cargo, "root/.cargo/config.toml"),
        (home.join(".gitconfig"), "root/.gitconfig"),
        (Path::new("/").join(certificates), certificates),
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
    fs::create_dir_all(file.parent().context("the file has no folder")?)?;
    Ok(fs::write(file, content)?)
}

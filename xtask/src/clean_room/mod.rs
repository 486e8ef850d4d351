// SPDX-License-Identifier: BSD-2-Clause

//! Runs commands as on a new user's machine: on a Debian that has Git, a C compiler and rustup, in a fresh clone.
//!
//! What was installed on this machine by hand can't hide there that something is missing.

mod page;
mod surroundings;
mod tree;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use kaal_harness::process;
use kaal_harness::workspace::Workspace;

use tree::Tree;

/// Runs commands in the tree, with mounts that end with it.
const ENTER: &str = include_str!("enter.sh");

/// Variables by which programs find the network and trust it; they hold in the room as here.
const NETWORK: [&str; 8] = [
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "PIP_CERT",
];

/// What runs, and with what.
#[derive(Args)]
pub(crate) struct Options {
    /// A package to install first, as a user may have it
    #[arg(long, value_name = "PACKAGE")]
    install: Vec<String>,
    /// Leave out rustup, as for a user who downloads a release
    #[arg(long)]
    without_rust: bool,
    /// A folder of this machine to show, read-only, at the same path
    #[arg(long, value_name = "FOLDER")]
    show: Vec<PathBuf>,
    /// A variable to set
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// A page whose commands to type, one after the other, after COMMAND
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Commands for bash, each in the checkout [default: those of README.md]
    #[arg(value_name = "COMMAND")]
    commands: Vec<String>,
}

impl Options {
    /// All that bash is to run, in order.
    fn commands(&self) -> Result<Vec<String>> {
        let mut commands = Vec::new();
        if !self.install.is_empty() {
            commands.push(format!(
                "apt-get --quiet=2 update && apt-get --quiet=2 install --no-install-recommends {}",
                self.install.join(" ")
            ));
        }
        match (self.commands.as_slice(), &self.page) {
            ([], None) => {
                commands.extend(["cargo xtask qemu", "cargo xtask test"].map(str::to_owned))
            }
            (given, _) => commands.extend_from_slice(given),
        }
        if let Some(page) = &self.page {
            commands.push(page::commands(page)?);
        }
        Ok(commands)
    }
}

/// Makes a room and runs the commands in it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let commands = options.commands()?;
    ensure!(
        is_root()?,
        "clean-room mounts folders, which takes root: run it with sudo"
    );
    let folder = workspace.target().join("clean-room");
    let tree = Tree::provide(workspace, &folder)?;
    let room = tempfile::tempdir_in(&folder)
        .with_context(|| format!("failed to write to {}", folder.display()))?;
    clone(workspace, &room.path().join("checkout"))?;
    let upper = room.path().join("upper");
    surroundings::add_network(&upper)?;
    let toolchains = match options.without_rust {
        true => PathBuf::new(),
        false => {
            surroundings::add_rustup(&upper)?;
            home("RUSTUP_HOME", ".rustup")?
        }
    };
    let network = NETWORK
        .into_iter()
        .filter_map(|name| Some(format!("{name}={}", env::var(name).ok()?)));
    let environment: Vec<String> = network.chain(options.env.iter().cloned()).collect();
    let shown: Vec<_> = options
        .show
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    let mut enter = Command::new("unshare");
    enter
        .args([
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "bash",
            "-c",
            ENTER,
            "clean-room",
        ])
        .arg(tree.folder())
        .arg(room.path())
        .arg(toolchains)
        .args([environment.join("\n"), shown.join("\n")])
        .args(commands);
    let status = enter.status().context("failed to start `unshare`")?;
    match status.success() {
        true => Ok(()),
        false => bail!("a command failed in the clean room: {status}"),
    }
}

fn is_root() -> Result<bool> {
    Ok(process::read(Command::new("id").arg("-u"))?.trim() == "0")
}

/// The checkout's last commit.
fn clone(workspace: &Workspace, to: &Path) -> Result<()> {
    let changes = process::read(
        Command::new("git")
            .current_dir(workspace.root())
            .args(["status", "--porcelain"]),
    )?;
    if !changes.is_empty() {
        eprintln!("clean room: holds the last commit, without the changes since then");
    }
    process::run(
        Command::new("git")
            .args(["clone", "--quiet"])
            .arg(workspace.root())
            .arg(to),
    )
}

/// The folder that `variable` names, or one in the user's home folder.
fn home(variable: &str, default: &str) -> Result<PathBuf> {
    let folder = match env::var_os(variable) {
        Some(folder) => PathBuf::from(folder),
        None => env::home_dir().context("no home folder")?.join(default),
    };
    ensure!(
        fs::exists(&folder)?,
        "{} expected, as rustup makes it, nothing found: install Rust with rustup, https://rustup.rs",
        folder.display()
    );
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Options;

    fn options() -> Options {
        Options {
            install: Vec::new(),
            without_rust: false,
            show: Vec::new(),
            env: Vec::new(),
            page: None,
            commands: Vec::new(),
        }
    }

    #[test]
    fn the_readme_is_the_default() {
        let readme = include_str!("../../../README.md");
        for command in options().commands().unwrap() {
            assert!(readme.contains(&format!("$ {command}\n")), "{command}");
        }
    }

    #[test]
    fn packages_come_first_and_pages_last() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let page = folder.path().join("page.md");
        fs::write(
            &page,
            "text\n```console\n$ one \\\n  more\nshown\n```\n```sh\n$ no\n```\n```console\n$ two\n```\n",
        )?;
        let options = Options {
            install: vec!["gdb".to_owned()],
            commands: vec!["true".to_owned()],
            page: Some(page),
            ..options()
        };
        let commands = options.commands()?;
        assert!(commands[0].ends_with("gdb"), "{commands:?}");
        assert_eq!(commands[1..], ["true", "one \\\n  more\ntwo"]);
        Ok(())
    }
}

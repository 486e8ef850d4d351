// SPDX-License-Identifier: BSD-2-Clause

//! Runs commands as on a new user's machine: in a fresh clone, on a Debian with Git, a C compiler and rustup.
//!
//! A program that someone installed on this machine by hand is missing there.

mod page;
mod surroundings;
mod tree;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use kaal_harness::{process, workspace::Workspace};

/// Runs commands in the tree. Its mounts end with it.
const ENTER: &str = include_str!("enter.sh");

/// Variables that tell programs how to reach the network, with the same values in the room.
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

#[derive(Args, Default)]
pub(crate) struct Options {
    /// Install this Debian package first
    #[arg(long, value_name = "PACKAGE")]
    install: Vec<String>,
    /// Leave out rustup, as for a user of a release
    #[arg(long)]
    without_rust: bool,
    /// Show this folder of the machine at the same path, read-only
    #[arg(long, value_name = "FOLDER")]
    show: Vec<String>,
    /// Set a variable
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Run all commands of this page, one after the other, after COMMAND; not those for Nix or that end by Ctrl-C
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Commands for bash; each runs in the checkout [default: those of README.md]
    #[arg(value_name = "COMMAND")]
    commands: Vec<String>,
}

impl Options {
    /// All commands, in order.
    fn commands(&self) -> Result<Vec<String>> {
        let mut commands = Vec::new();
        if !self.install.is_empty() {
            commands.push(format!(
                "apt-get --quiet=2 update && apt-get --quiet=2 install --no-install-recommends {}",
                self.install.join(" ")
            ));
        }
        commands.extend_from_slice(&self.commands);
        match &self.page {
            Some(page) => commands.push(page::commands(page)?),
            None if self.commands.is_empty() => {
                commands.extend(["cargo xtask qemu", "cargo xtask test"].map(str::to_owned));
            }
            None => {}
        }
        Ok(commands)
    }
}

/// Makes a room and runs the commands in it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let commands = options.commands()?;
    let user = process::read(Command::new("id").arg("-u"))?;
    ensure!(
        user.trim() == "0",
        "clean-room mounts folders, which requires root: run it with sudo"
    );
    let folder = workspace.target().join("clean-room");
    let tree = tree::provide(workspace, &folder)?;
    let room = tempfile::tempdir_in(&folder)?;
    clone(workspace, &room.path().join("checkout"))?;
    let upper = room.path().join("upper");
    surroundings::add_network(&upper)?;
    let toolchains = match options.without_rust {
        true => PathBuf::new(),
        false => surroundings::add_rustup(&upper)?,
    };
    let network = NETWORK
        .into_iter()
        .filter_map(|name| Some(format!("{name}={}", env::var(name).ok()?)));
    let environment: Vec<_> = network.chain(options.env.iter().cloned()).collect();
    let mut enter = Command::new("unshare");
    enter.args("--mount --pid --fork --kill-child bash -c".split(' '));
    enter.args([ENTER, "clean-room"]).arg(tree).arg(room.path());
    enter.arg(toolchains).arg(environment.join("\n"));
    enter.arg(options.show.join("\n")).args(commands);
    process::run(&mut enter).context("a command failed in the clean room")
}

/// Clones the checkout's last commit.
fn clone(workspace: &Workspace, to: &Path) -> Result<()> {
    let mut status = Command::new("git");
    status.args(["status", "--porcelain"]);
    if !process::read(status.current_dir(workspace.root()))?.is_empty() {
        eprintln!("clean room: has the last commit, without uncommitted changes");
    }
    let mut clone = Command::new("git");
    clone.args(["clone", "--quiet"]).arg(workspace.root());
    process::run(clone.arg(to))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Options;

    #[test]
    fn the_readme_is_the_default() {
        let readme = include_str!("../../../README.md");
        for command in Options::default().commands().unwrap() {
            assert!(readme.contains(&format!("$ {command}\n")), "{command}");
        }
    }

    #[test]
    fn packages_come_first_and_pages_last() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let page = folder.path().join("page.md");
        fs::write(
            &page,
            "text\n```console\n$ one \\\n  more\nshown\n```\n```sh\n$ no\n```\n<!-- not run: needs Nix -->\n\
             ```console\n$ nix\n```\n<!-- runs: status 1 -->\n```console\n$ two\n$ bad\n```\n",
        )?;
        let options = Options {
            install: vec!["gdb".to_owned()],
            commands: vec!["true".to_owned()],
            page: Some(page),
            ..Options::default()
        };
        let commands = options.commands()?;
        assert!(commands[0].ends_with("gdb"), "{commands:?}");
        assert_eq!(
            commands[1..],
            ["true", "one \\\n  more\ntwo\nif bad; then false; fi"]
        );
        Ok(())
    }
}

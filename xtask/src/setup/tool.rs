// SPDX-License-Identifier: BSD-2-Clause

//! Provides programs that are packages of their own.

use std::path::PathBuf;

use anyhow::{Context, Result};
use kaal_tests::process;
use kaal_tests::workspace::Workspace;

use crate::build::cargo;

/// A program, which is also its package.
pub(crate) struct Tool {
    name: &'static str,
    /// The release that is installed where there is none.
    version: &'static str,
    /// What is compiled of it.
    features: Features,
}

/// What is compiled of a program.
enum Features {
    Default,
    /// These alone.
    Only(&'static str),
}

/// Checks dependencies.
pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    features: Features::Default,
};

/// Builds programs with libFuzzer.
pub(crate) const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
    features: Features::Default,
};

/// Builds the documentation.
pub(crate) const MDBOOK: Tool = Tool {
    name: "mdbook",
    version: "0.5.4",
    features: Features::Only("search"),
};

impl Tool {
    /// Finds the program, or installs it to Cargo's output folder. Returns how to start it.
    pub(crate) fn provide(&self, workspace: &Workspace) -> Result<PathBuf> {
        let Self { name, version, .. } = self;
        let tools = workspace.target().join("tools");
        let own = tools.join("bin").join(name);
        for program in [PathBuf::from(name), own.clone()] {
            if process::is_installed(&program) {
                return Ok(program);
            }
        }
        eprintln!(
            "{name}: not found on PATH, installing release {version}; this takes some minutes"
        );
        let mut install = cargo(workspace);
        // Compiled in a temporary folder: once is enough.
        install
            .env_remove("CARGO_TARGET_DIR")
            .args(["install", "--quiet", "--locked", "--version", version])
            .arg("--root")
            .arg(&tools)
            .arg(name);
        if let Features::Only(features) = self.features {
            install.args(["--no-default-features", "--features", features]);
        }
        process::run(&mut install).with_context(|| {
            format!(
                "failed to install {name}; install it, for instance with `cargo install --locked \
                 {name}`, and run the command again"
            )
        })?;
        Ok(own)
    }
}

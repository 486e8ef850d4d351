// SPDX-License-Identifier: BSD-2-Clause

//! The builder's options from `kaal.toml` and the environment, as the builder reads them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use kaal_harness::image::{self, Inputs};
use kaal_harness::workspace::Workspace;
use serde::Deserialize;

use super::Options;

/// The end of each line of the builder's that is about a default.
const DEFAULT: &str = " # default";

/// The options that the builder would not use on its own, because `cargo xtask` sets them too.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Project {
    loader: Option<PathBuf>,
    unpacker: Option<PathBuf>,
    pub(super) kernel: Option<PathBuf>,
    pub(super) app: Option<PathBuf>,
    pub(super) dtb: Option<PathBuf>,
    platform: Option<PathBuf>,
    kernel_config: Option<PathBuf>,
    pub(super) format: Option<String>,
    pub(super) cores: Option<u32>,
}

impl Project {
    /// Asks the builder, which must have been built.
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let mut print = Command::new(workspace.builder());
        let printed = image::run_builder(print.arg("--print-config"))?.stdout;
        let printed = String::from_utf8(printed)?;
        let set = printed.lines().filter(|line| !line.ends_with(DEFAULT));
        let set: Vec<_> = set.collect();
        toml::from_str(&set.join("\n")).context("the builder's options have another form")
    }

    /// The root task of the user's own, from the command line or the project, unless the command line is about
    /// KaaL's.
    pub(crate) fn app(&self, options: &Options) -> Option<PathBuf> {
        let of_project = self.app.as_ref().filter(|_| options.selection.is_default());
        options.app.as_ref().or(of_project).cloned()
    }

    /// Changes `inputs` to what the project sets.
    pub(super) fn apply(self, inputs: &mut Inputs) {
        let required = [
            (self.loader, &mut inputs.loader),
            (self.unpacker, &mut inputs.unpacker),
        ];
        for (set, input) in required {
            *input = set.unwrap_or(std::mem::take(input));
        }
        let optional = [
            (self.dtb, &mut inputs.device_tree),
            (self.platform, &mut inputs.platform),
            (self.kernel_config, &mut inputs.kernel_config),
        ];
        for (set, input) in optional {
            *input = set.or(input.take());
        }
        if self.format.is_some() {
            inputs.packing.clear();
        }
        inputs.has_config = true;
    }
}

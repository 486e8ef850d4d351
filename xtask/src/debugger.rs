// SPDX-License-Identifier: BSD-2-Clause

//! What a debugger has to know of a boot.

use std::fmt;
use std::path::Path;

use std::process::Command;

use anyhow::{Context, Result};
use kaal_tests::image::Inputs;
use kaal_tests::process;
use kaal_tests::workspace::Workspace;
use serde_json::Value;

/// QEMU's options that let it wait for a debugger before the first instruction.
pub(crate) const QEMU_OPTIONS: [&str; 2] = ["-s", "-S"];

/// Shown as the command that attaches gdb, with the symbols of all programs of the image.
pub(crate) struct Attach<'a> {
    workspace: &'a Workspace,
    inputs: &'a Inputs,
    /// Where the loader lies.
    loader_address: String,
}

impl<'a> Attach<'a> {
    /// For the image in the file `image`.
    ///
    /// # Errors
    ///
    /// Fails where the builder can't say where the loader lies in the image.
    pub(crate) fn new(workspace: &'a Workspace, inputs: &'a Inputs, image: &Path) -> Result<Self> {
        let mut inspect = Command::new(workspace.builder());
        let report = process::read(inspect.args(["inspect", "--json"]).arg(image))?;
        let report: Value = serde_json::from_str(&report)?;
        let address = report["payload"]["loader"]["start"].as_str();
        Ok(Self {
            workspace,
            inputs,
            loader_address: address.context("no address of the loader")?.to_owned(),
        })
    }
}

impl fmt::Display for Attach<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inputs {
            loader,
            kernel,
            app,
            ..
        } = self.inputs;
        let script = self.workspace.root().join("tests/gdb/kaal.gdb");
        writeln!(f, "gdb-multiarch \\")?;
        writeln!(
            f,
            "  -ex 'add-symbol-file {} -o {}' \\",
            loader.display(),
            self.loader_address
        )?;
        for program in [kernel, app] {
            writeln!(f, "  -ex 'add-symbol-file {}' \\", program.display())?;
        }
        write!(f, "  -x {}", script.display())
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Prepares gdb for a boot.

use std::fmt;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::image::{self, Inputs};
use crate::process;
use crate::workspace::Workspace;

/// gdb's command to attach.
const ATTACH: &str = "target remote";

/// A gdb with the symbols of all programs of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debugger {
    program: PathBuf,
    commands: Vec<String>,
}

impl Debugger {
    /// The gdb for the image in `file`, which was packed from `inputs`. It attaches to `target`, an argument of
    /// gdb's `target remote`. `program` is gdb's own file.
    ///
    /// # Errors
    ///
    /// Fails if the builder doesn't find the loader in the image.
    pub fn new(
        workspace: &Workspace,
        program: PathBuf,
        inputs: &Inputs,
        file: &Path,
        target: &str,
    ) -> Result<Self> {
        let report = image::inspect(workspace, file)?;
        let loader_address = report["payload"]["loader"]["start"]
            .as_str()
            .with_context(|| format!("failed to find the loader in {}", file.display()))?;
        let script = workspace.root().join("tests/harness/kaal.gdb");
        let mut commands = vec![
            // Otherwise, gdb asks for confirmation and waits after each screenful.
            "set confirm off".to_owned(),
            "set pagination off".to_owned(),
            format!("{} -o {loader_address}", add_symbols(&inputs.loader)?),
            add_symbols(&inputs.kernel)?,
            add_symbols(&inputs.app)?,
            add_sources(workspace.root()),
        ];
        // Other root tasks have files of the same names, which debug information locates.
        if workspace.is_own_root_task(&inputs.app) {
            commands.push(add_sources(&workspace.root().join("root-task")));
        }
        commands.push(format!("{ATTACH} {target}"));
        commands.push(format!("source {}", script.display()));
        Ok(Self { program, commands })
    }

    /// All commands except the one that attaches, as a script for a gdb that an editor attaches.
    pub fn script(&self) -> String {
        let commands = self.commands.iter();
        let commands = commands.filter(|command| !command.starts_with(ATTACH));
        commands.map(|command| format!("{command}\n")).collect()
    }

    /// The command line, with an option that makes gdb skip its banner.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["-nx", "-quiet"]);
        for gdb_command in &self.commands {
            command.args(["-ex", gdb_command]);
        }
        command
    }
}

/// Shown as a shell command.
impl fmt::Display for Debugger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.program.display())?;
        for command in &self.commands {
            write!(f, " \\\n  -ex {}", process::quoted(command))?;
        }
        Ok(())
    }
}

/// The command that adds the symbols of `file`, in any working folder of gdb.
fn add_symbols(file: &Path) -> Result<String> {
    let file = path::absolute(file)?;
    Ok(format!("add-symbol-file \"{}\"", file.display()))
}

/// The command that adds `folder` to the search path of sources: programs name them relative to their workspace.
fn add_sources(folder: &Path) -> String {
    format!("directory \"{}\"", folder.display())
}

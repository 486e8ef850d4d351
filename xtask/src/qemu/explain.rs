// SPDX-License-Identifier: BSD-2-Clause

//! The next step after a failed boot or component: `explain` finds the source lines of the addresses on the console.

use std::process::Command;

use anyhow::Result;
use fs_err as fs;
use kaal_harness::process;
use kaal_harness::qemu::{End, Report};
use kaal_harness::workspace::{Program, Workspace};

use super::system::System;

/// The file in `target/kaal` with the console of the last failed boot.
const LOG: &str = "console.log";

/// What KaaL's root task prints before the address at which a component faulted.
const FAULT: &str = " at instruction 0x";

/// The beginning of the builder's lines that explain the line before.
const MARK: &str = "| ";

/// Whether the console shows addresses of a failure.
pub(super) fn is_needed(report: &Report) -> bool {
    match report.end {
        End::Failed => true,
        // The next boot has begun.
        End::Stopped => false,
        End::Expected | End::TimedOut | End::Exited(_) => report.console.contains(FAULT),
    }
}

/// Writes the `console` of `system` to a file. Prints what the builder explains of it if `at_once`, else the command
/// that does so.
pub(super) fn explain(
    workspace: &Workspace,
    system: &System,
    console: &str,
    at_once: bool,
) -> Result<()> {
    let log = workspace.artifacts().join(LOG);
    fs::write(&log, console)?;
    let mut command = Command::new(workspace.builder());
    command.arg("explain").arg(log);
    let Some(inputs) = &system.inputs else {
        // Nothing says where the programs of this image are.
        let loader = workspace.program(Program::Loader);
        command.arg("--loader").arg(loader);
        command.arg("--image").arg(&system.image);
        println!(
            "to find the source of its addresses, add --kernel and --app, and replace the loader if the image has \
             another:\n{}",
            process::line(&command)
        );
        return Ok(());
    };
    command.arg("--kernel").arg(&inputs.kernel);
    command.arg("--app").arg(&inputs.app);
    command.arg("--loader").arg(&inputs.loader);
    if let Some(folder) = &system.components {
        command.arg("--components").arg(folder);
    }
    if at_once {
        print!("{}", explained(&process::read(&mut command)?));
    } else {
        println!(
            "to find the source of its addresses:\n{}",
            process::line(&command)
        );
    }
    Ok(())
}

/// The lines of `text` that are explained, and their explanations.
fn explained(text: &str) -> String {
    let is_explanation = |line: Option<&&str>| line.is_some_and(|line| line.starts_with(MARK));
    let lines: Vec<_> = text.lines().collect();
    let mut said = String::new();
    for (index, line) in lines.iter().enumerate() {
        if is_explanation(Some(line)) || is_explanation(lines.get(index + 1)) {
            said += line;
            said += "\n";
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{End, Report, explained, is_needed};

    /// Whether a boot with this end and console is explained.
    fn is_explained(end: End, console: &str) -> bool {
        is_needed(&Report {
            end,
            console: console.to_owned(),
            messages: String::new(),
            duration: Duration::ZERO,
        })
    }

    #[test]
    fn a_boot_with_a_failed_component_is_explained() {
        let fault = "mine: read from 0x0, which is unmapped, at instruction 0x202010\n";
        assert!(is_explained(End::Expected, fault));
        assert!(is_explained(End::TimedOut, fault));
        assert!(is_explained(End::Failed, ""));
        assert!(!is_explained(End::Expected, "mine: hello\n"));
        assert!(!is_explained(End::Stopped, fault));
    }

    #[test]
    fn other_lines_are_left_out() {
        let text = "booting\nELR 0x10\n| 0x10: main\n|   src/main.rs:1\nhalting\n";
        let expected = "ELR 0x10\n| 0x10: main\n|   src/main.rs:1\n";
        assert_eq!(explained(text), expected);
    }
}

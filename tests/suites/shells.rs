// SPDX-License-Identifier: BSD-2-Clause

//! Tests the builder's completions in shells and its manual pages with `man`. A test is ignored if its program
//! isn't installed.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Output, Stdio};

use anyhow::Result;
use kaal_harness::process;
use kaal_harness::tools::{BASH, FISH, MAN, Tool, ZSH};
use kaal_harness::workspace::Workspace;
use libtest_mimic::{Arguments, Failed, Trial};
use tempfile::TempDir;

/// Shells, with the commands that load the script `$1`, fail on any message, and print the completions of the
/// builder's arguments.
const SHELLS: [(&Tool, &str); 3] = [
    (
        &BASH,
        r#"source "$1" && complete -p kaal-elfloader-builder"#,
    ),
    (
        &ZSH,
        r#"autoload -U compinit && compinit -D -u && source "$1" && print $_comps[kaal-elfloader-builder]"#,
    ),
    (
        &FISH,
        "source $argv[1]; and complete --do-complete 'kaal-elfloader-builder --ker'",
    ),
];

fn main() -> ExitCode {
    process::exit_code(run_suite())
}

fn run_suite() -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    let builder = workspace.builder();
    let mut trials: Vec<_> = SHELLS
        .into_iter()
        .map(|(shell, lines)| {
            let builder = builder.clone();
            let name = format!("{}_loads_completions", shell.name);
            trial(&name, shell, move || {
                loads_completions(&builder, shell, lines)
            })
        })
        .collect();
    trials.push(trial("man_has_no_complaint", &MAN, move || {
        man_has_no_complaint(&builder)
    }));
    Ok(libtest_mimic::run(&Arguments::from_args(), trials).exit_code())
}

fn trial(
    name: &str,
    tool: &Tool,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let (name, is_missing) = tool.needed_by(name);
    Trial::test(name, test).with_ignored_flag(is_missing)
}

fn run(builder: &Path, arguments: &[&str]) -> Result<Output, Failed> {
    Ok(Command::new(builder).args(arguments).output()?)
}

fn loads_completions(builder: &Path, shell: &Tool, lines: &str) -> Result<(), Failed> {
    let shell = shell.name;
    let folder = TempDir::new()?;
    let script = folder.path().join("script");
    fs::write(&script, run(builder, &["completions", shell])?.stdout)?;
    let mut command = Command::new(shell);
    command.arg("-c").arg(lines);
    if shell != "fish" {
        command.arg(shell);
    }
    let output = command
        .arg(&script)
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let is_known = said.contains("kaal") || said.contains("--kernel");
    match output.status.success() && output.stderr.is_empty() && is_known {
        true => Ok(()),
        false => Err(format!("{output:?}").into()),
    }
}

fn man_has_no_complaint(builder: &Path) -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let pages = folder.path().join("man1");
    let path = pages.to_str().ok_or("a path in UTF-8 expected")?;
    let output = run(builder, &["man", path])?;
    if !output.status.success() {
        return Err(format!("{output:?}").into());
    }
    let mut names = Vec::new();
    for page in fs::read_dir(&pages)? {
        let page = page?.path();
        names.push(file_name(&page));
        let output = Command::new("man")
            .args(["--warnings", "--encoding=UTF-8", "--local-file"])
            .arg(&page)
            .env("MANWIDTH", "80")
            .output()?;
        if !output.status.success() || !output.stderr.is_empty() {
            return Err(format!("{}: {output:?}", page.display()).into());
        }
    }
    for name in ["kaal-elfloader-builder.1", "kaal-elfloader-builder-check.1"] {
        if !names.iter().any(|found| found == name) {
            return Err(format!("no page {name} among {names:?}").into());
        }
    }
    Ok(())
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

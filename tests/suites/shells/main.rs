// SPDX-License-Identifier: BSD-2-Clause

//! Tests the builder's completions in shells and its manual pages with `man`. A test is ignored if its program
//! isn't installed.

mod completions;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Output};

use anyhow::Result;
use kaal_harness::process;
use kaal_harness::tools::{MAN, Tool};
use kaal_harness::workspace::Workspace;
use libtest_mimic::{Arguments, Failed, Trial};
use tempfile::TempDir;

fn main() -> ExitCode {
    process::exit_code(run_suite())
}

fn run_suite() -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    let builder = workspace.builder();
    let mut trials: Vec<_> = completions::SHELLS
        .into_iter()
        .map(|(shell, script)| {
            let builder = builder.clone();
            let name = format!("{}_offers_all_options", shell.name);
            trial(&name, shell, move || {
                completions::are_all_offered(&builder, shell.name, script)
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

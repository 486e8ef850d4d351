// SPDX-License-Identifier: BSD-2-Clause

//! What shells and `man` make of the scripts and pages that the command writes about itself. Each test is listed
//! as ignored where its program isn't installed.

#![expect(clippy::expect_used, reason = "a test that can't go on may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Output, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};
use tempfile::TempDir;

const BUILDER: &str = env!("CARGO_BIN_EXE_kaal-elfloader-builder");

/// Shells, with the lines that load the script `$1`, fail if that says anything is wrong, and print how the
/// builder's arguments are completed.
const SHELLS: [(&str, &str); 3] = [
    (
        "bash",
        r#"source "$1" && complete -p kaal-elfloader-builder"#,
    ),
    (
        "zsh",
        r#"autoload -U compinit && compinit -D -u && source "$1" && print $_comps[kaal-elfloader-builder]"#,
    ),
    (
        "fish",
        "source $argv[1]; and complete --do-complete 'kaal-elfloader-builder --ker'",
    ),
];

fn main() -> ExitCode {
    let mut trials: Vec<_> = SHELLS
        .into_iter()
        .map(|(shell, lines)| {
            Trial::test(format!("{shell}_loads_completions"), move || {
                loads_completions(shell, lines)
            })
            .with_ignored_flag(!is_installed(shell))
        })
        .collect();
    trials.push(
        Trial::test("man_has_no_complaint", man_has_no_complaint)
            .with_ignored_flag(!is_installed("man")),
    );
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn is_installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn builder(arguments: &[&str]) -> Output {
    Command::new(BUILDER)
        .args(arguments)
        .output()
        .expect("the builder")
}

fn loads_completions(shell: &str, lines: &str) -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let script = folder.path().join("script");
    fs::write(&script, builder(&["completions", shell]).stdout)?;
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

fn man_has_no_complaint() -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let pages = folder.path().join("man1");
    let path = pages.to_str().expect("a path in UTF-8");
    let output = builder(&["man", path]);
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

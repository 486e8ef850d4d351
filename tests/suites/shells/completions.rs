// SPDX-License-Identifier: BSD-2-Clause

//! Completions that shells offer.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use kaal_harness::tools::{BASH, FISH, Tool, ZSH};
use libtest_mimic::Failed;
use tempfile::TempDir;

use super::run;

/// Each shell, with the script that asks it for completions.
pub(super) const SHELLS: [(&Tool, &str); 3] = [
    (&BASH, include_str!("ask.bash")),
    (&ZSH, include_str!("ask.zsh")),
    (&FISH, include_str!("ask.fish")),
];

type Words = BTreeSet<String>;

/// The shell offers the subcommands, after the builder and each subcommand exactly the options of its `--help`, and the
/// values of an option.
pub(super) fn are_all_offered(builder: &Path, shell: &str, script: &str) -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let completions = run(builder, &["completions", shell])?.stdout;
    fs::write(folder.path().join("completions"), completions)?;
    fs::write(folder.path().join("ask"), script)?;

    let subcommands = subcommands(builder)?;
    let offered = ask(folder.path(), shell, &[""])?;
    let missing: Vec<_> = subcommands.difference(&offered).collect();
    if subcommands.is_empty() || !missing.is_empty() {
        return Err(format!("subcommands not offered: {missing:?}").into());
    }
    let mut commands = vec![vec![]];
    commands.extend(subcommands.iter().map(|name| vec![name.as_str()]));
    for command in commands {
        let options = options(builder, &command)?;
        let mut offered = ask(
            folder.path(),
            shell,
            &[command.as_slice(), &["--"]].concat(),
        )?;
        offered.retain(|word| word.starts_with("--"));
        if offered != options {
            return Err(format!("{command:?} offers {offered:?}, has {options:?}").into());
        }
    }
    // Options in place of a file would complete to their common hyphen. Other shells keep files and options apart.
    let offered = ask(folder.path(), shell, &["inspect", ""])?;
    if shell == "bash" && offered.iter().any(|word| word.starts_with('-')) {
        return Err(format!("in place of a file, inspect offers {offered:?}").into());
    }
    let values = ask(folder.path(), shell, &["--out", "file", "--compress", ""])?;
    match values.iter().map(String::as_str).eq(["lz4", "none"]) {
        true => Ok(()),
        false => Err(format!("--compress offers {values:?}").into()),
    }
}

/// The subcommands that `--help` shows, without `help`, which has no options.
fn subcommands(builder: &Path) -> Result<Words, Failed> {
    let help = help(builder, &[])?;
    let lines = help.lines().skip_while(|line| *line != "Commands:");
    let lines = lines.skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.split_whitespace().next());
    Ok(names
        .filter(|name| *name != "help")
        .map(Into::into)
        .collect())
}

/// The options that `--help` shows for `command`. Lines of descriptions may begin with one too, in another column.
fn options(builder: &Path, command: &[&str]) -> Result<Words, Failed> {
    const COLUMN: usize = "  -h, ".len();
    let help = help(builder, command)?;
    let names = help
        .lines()
        .filter_map(|line| line.get(COLUMN..)?.split(' ').next());
    let names = names.filter(|name| name.starts_with("--"));
    Ok(names.map(Into::into).collect())
}

fn help(builder: &Path, command: &[&str]) -> Result<String, Failed> {
    let help = run(builder, &[command, &["--help"]].concat())?.stdout;
    Ok(String::from_utf8(help)?)
}

/// The words that `shell` offers for the last of `arguments`, by the files "completions" and "ask" in `folder`.
fn ask(folder: &Path, shell: &str, arguments: &[&str]) -> Result<Words, Failed> {
    let offers = folder.join("offers");
    fs::write(&offers, "")?;
    let output = Command::new(shell)
        .arg(folder.join("ask"))
        .arg(folder.join("completions"))
        .arg(&offers)
        .args(arguments)
        .env("HOME", folder)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() || !output.stderr.is_empty() {
        return Err(format!("{arguments:?}: {output:?}").into());
    }
    let offers = fs::read_to_string(&offers)?;
    // Fish describes each word after a tab.
    let words = offers.lines().filter_map(|line| line.split('\t').next());
    Ok(words.map(Into::into).collect())
}

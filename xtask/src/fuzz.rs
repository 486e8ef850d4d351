// SPDX-License-Identifier: BSD-2-Clause

//! Lets libFuzzer search for input that makes a reader crash. A test replays the known inputs without it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Result, bail, ensure};
use clap::Args;
use fs_err as fs;
use kaal_harness::process;
use kaal_harness::tools::{CARGO_FUZZ, CXX};
use kaal_harness::workspace::Workspace;

use crate::build::cargo;
use crate::progress;
use crate::setup::{self, Nightly};

/// More than reading an input may take: MiB in total, MiB at once, and seconds.
const LIMITS: [&str; 3] = ["-rss_limit_mb=1024", "-malloc_limit_mb=512", "-timeout=20"];

#[derive(Args)]
pub(crate) struct Options {
    /// Minutes of search per target
    #[arg(long, value_name = "N", default_value_t = 1)]
    minutes: u32,
    /// How many targets to search at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: u8,
    /// The targets [default: all]
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
}

/// Searches all chosen targets; fails if a target crashes.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    setup::tool(workspace, &CXX)?;
    let cargo_fuzz = setup::tool(workspace, &CARGO_FUZZ)?;
    let nightly = Nightly::provide()?;
    let seeds = workspace.target().join("fuzz/seeds");
    let mut write_seeds = cargo(workspace);
    write_seeds.args("run --quiet --package kaal-fuzz --".split(' '));
    process::run(write_seeds.arg(&seeds))?;
    let targets = choose(folders(&seeds)?, &options.targets)?;

    let mut build = nightly.command(cargo_fuzz);
    build.current_dir(workspace.root());
    build.env("CARGO_TARGET_DIR", workspace.target());
    build.args(["build", "--features", "libfuzzer"]);
    if let [target] = targets.as_slice() {
        build.arg(target);
    }
    process::run(&mut build)?;

    let host = workspace.target().join(nightly.compiler.host());
    let programs = host.join("release");
    let (waiting, results) = (Mutex::new(targets.iter()), Mutex::default());
    let work = || {
        while let Some(target) = lock(&waiting, Iterator::next) {
            let result = search(workspace, &programs.join(target), target, options.minutes);
            lock(&results, |results: &mut Vec<_>| {
                results.push((target, result))
            });
        }
    };
    thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(work);
        }
    });
    println!("== summary");
    let mut crashes = 0;
    for (target, result) in lock(&results, std::mem::take) {
        crashes += usize::from(result.is_err());
        let text = result.unwrap_or_else(|error| format!("FAILED: {error:#}"));
        println!("{target:12} {text}");
    }
    ensure!(
        crashes == 0,
        "{crashes} of {} targets failed; to reproduce a crash, run the target's program in {} with the input file",
        targets.len(),
        programs.display()
    );
    Ok(())
}

fn lock<T, U>(mutex: &Mutex<T>, access: impl FnOnce(&mut T) -> U) -> U {
    access(&mut mutex.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Searches one target and returns libFuzzer's last line.
fn search(workspace: &Workspace, program: &Path, target: &str, minutes: u32) -> Result<String> {
    let output = workspace.target().join("fuzz");
    let log = output.join(format!("{target}.log"));
    progress::step(format_args!("{target}: {}", log.display()));
    let _spinner = progress::spinner(target);
    let artifacts = output.join("artifacts").join(target);
    // Inputs to begin with; libFuzzer writes new ones to the first folder.
    let known = workspace.root().join("fuzz/corpus");
    let corpora = [output.join("corpus"), known, output.join("seeds")];
    let corpora = corpora.map(|folder| folder.join(target));
    fs::create_dir_all(&artifacts)?;
    fs::create_dir_all(&corpora[0])?;
    let file = fs::File::create(&log)?.into_file();
    let mut command = Command::new(program);
    command.args(LIMITS).args(&corpora);
    command.arg(format!("-max_total_time={}", 60 * minutes));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.stdin(Stdio::null());
    let status = command.stdout(file.try_clone()?).stderr(file).status()?;
    let text = fs::read(&log)?;
    let text = String::from_utf8_lossy(&text);
    let last = |words: &str| text.lines().rfind(|line| line.contains(words));
    match (last("Test unit written to "), last("Done ")) {
        (None, Some(done)) if status.success() => Ok(done.to_owned()),
        (Some(crash), _) => bail!("{crash}; see {}", log.display()),
        (None, _) => bail!("{status} without a search; see {}", log.display()),
    }
}

/// The names of the folders in `folder`.
fn folders(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The targets that the user names, or all.
fn choose(all: Vec<String>, named: &[String]) -> Result<Vec<String>> {
    if let Some(unknown) = named.iter().find(|name| !all.contains(name)) {
        bail!("unknown target {unknown}; choose from: {}", all.join(", "));
    }
    let is_chosen = |name: &String| named.is_empty() || named.contains(name);
    Ok(all.into_iter().filter(is_chosen).collect())
}

#[cfg(test)]
mod tests {
    use super::choose;

    #[test]
    fn unknown_targets_are_named() {
        let all = || vec!["app".to_owned(), "lz4".to_owned()];
        assert_eq!(choose(all(), &[]).unwrap(), all());
        assert_eq!(choose(all(), &["lz4".to_owned()]).unwrap(), ["lz4"]);
        let error = choose(all(), &["lz5".to_owned()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown target lz5; choose from: app, lz4"
        );
    }
}

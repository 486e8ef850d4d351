// SPDX-License-Identifier: BSD-2-Clause

//! Lets libFuzzer search for input that makes what reads it crash.

mod search;

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use kaal_harness::process;
use kaal_harness::tools::{CARGO_FUZZ, CXX};
use kaal_harness::workspace::Workspace;

use crate::build::cargo;
use crate::progress;
use crate::setup::{self, Nightly};
use search::{Outcome, Search};

/// The package that holds the targets.
const PACKAGE: &str = "kaal-fuzz";

/// How long to search, and where.
#[derive(Args)]
pub(crate) struct Options {
    /// Minutes of processor time for each target
    #[arg(long, value_name = "N", default_value_t = 1)]
    minutes: u32,
    /// How many targets are searched at a time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: u8,
    /// The targets [default: all]
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
}

/// Searches all targets that are asked for; fails where a crash is found.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    setup::tool(workspace, &CXX)?;
    let cargo_fuzz = setup::tool(workspace, &CARGO_FUZZ)?;
    let nightly = Nightly::provide()?;
    let output = workspace.target().join("fuzz");
    let seeds = output.join("seeds");
    process::run(
        cargo(workspace)
            .args(["run", "--quiet", "--package", PACKAGE, "--"])
            .arg(&seeds),
    )?;
    let targets = choose(folders(&seeds)?, &options.targets)?;
    let mut build = nightly.command(cargo_fuzz);
    build
        .current_dir(workspace.root())
        .env("CARGO_TARGET_DIR", workspace.target())
        .args(["build", "--features", "libfuzzer"]);
    if let [target] = targets.as_slice() {
        build.arg(target);
    }
    process::run(&mut build)?;

    let programs = workspace
        .target()
        .join(nightly.compiler.host())
        .join("release");
    let known = workspace.root().join("fuzz/corpus");
    let searches = targets.into_iter().map(|target| Search {
        program: programs.join(&target),
        corpora: vec![
            output.join("corpus").join(&target),
            known.join(&target),
            seeds.join(&target),
        ],
        artifacts: output.join("artifacts").join(&target),
        log: output.join(format!("{target}.log")),
        target,
    });
    let time = Duration::from_secs(60 * u64::from(options.minutes));
    let outcomes = carry_out(searches.collect(), time, options.jobs)?;
    sum_up(&outcomes, &programs)
}

/// The names of the folders in `folder`.
fn folders(folder: &Path) -> Result<Vec<String>> {
    let read =
        || fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()));
    let mut names = Vec::new();
    for entry in read()? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Those of `all` that are `asked` for, or all where none is.
fn choose(all: Vec<String>, asked: &[String]) -> Result<Vec<String>> {
    if let Some(unknown) = asked.iter().find(|name| !all.contains(name)) {
        bail!(
            "{unknown}: one of these targets expected: {}",
            all.join(", ")
        );
    }
    let is_asked = |name: &String| asked.is_empty() || asked.contains(name);
    Ok(all.into_iter().filter(is_asked).collect())
}

/// Carries out all searches, `jobs` at a time.
fn carry_out(searches: Vec<Search>, time: Duration, jobs: u8) -> Result<Vec<Outcome>> {
    let waiting = Mutex::new(searches.into_iter());
    let next = || waiting.lock().ok()?.next();
    let scratch = || {
        let mut outcomes = Vec::new();
        while let Some(search) = next() {
            progress::step(format_args!("{}: {}", search.target, search.log.display()));
            let _spinner = progress::spinner(&search.target);
            outcomes.push(search.carry_out(time)?);
        }
        anyhow::Ok(outcomes)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(scratch)).collect();
        let mut outcomes = Vec::new();
        for worker in workers {
            match worker.join() {
                Ok(result) => outcomes.extend(result?),
                Err(_) => bail!("a search ended early"),
            }
        }
        Ok(outcomes)
    })
}

fn sum_up(outcomes: &[Outcome], programs: &Path) -> Result<()> {
    println!("== summary");
    for outcome in outcomes {
        println!("{outcome}");
    }
    let crashes = outcomes.iter().filter(|outcome| outcome.crash.is_some());
    match crashes.count() {
        0 => Ok(()),
        count => bail!(
            "{count} of {} targets crashed; to see it again, give the file to the target's program \
             in {}",
            outcomes.len(),
            programs.display()
        ),
    }
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
            "lz5: one of these targets expected: app, lz4"
        );
    }
}

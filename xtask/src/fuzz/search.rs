// SPDX-License-Identifier: BSD-2-Clause

//! The search for crashes in one target.
//!
//! libFuzzer counts seconds that pass, of which a busy machine gives it a part only. So it searches
//! in rounds, each as long as there is processor time left.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wait4::Wait4;

/// What is more than reading an input may take: of memory at a time and at once in MiB, and of time
/// in seconds.
const LIMITS: [&str; 3] = ["-rss_limit_mb=1024", "-malloc_limit_mb=512", "-timeout=20"];

/// A target and the folders that its search needs.
pub(super) struct Search {
    pub(super) target: String,
    /// The target with libFuzzer.
    pub(super) program: PathBuf,
    /// Folders of inputs to begin with; what is found goes to the first.
    pub(super) corpora: Vec<PathBuf>,
    /// The folder for inputs that make the target crash.
    pub(super) artifacts: PathBuf,
    /// What libFuzzer says.
    pub(super) log: PathBuf,
}

/// What came of a search.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    target: String,
    /// Processor time.
    time: Duration,
    executions: u64,
    /// How much of the program was reached, as libFuzzer counts it: edges, and features.
    reached: (u64, u64),
    /// The input that makes the target crash, hang or use too much memory.
    pub(super) crash: Option<PathBuf>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:12} {:6.1} min {:>11} executions {:>6} edges {:>6} features  ",
            self.target,
            self.time.as_secs_f64() / 60.0,
            self.executions,
            self.reached.0,
            self.reached.1,
        )?;
        match &self.crash {
            None => write!(f, "no crash"),
            Some(file) => write!(f, "CRASH: {}", file.display()),
        }
    }
}

impl Search {
    /// Searches for `time` on a processor, or until there is a crash.
    pub(super) fn carry_out(&self, time: Duration) -> Result<Outcome> {
        for folder in self.corpora.iter().chain([&self.artifacts]) {
            fs::create_dir_all(folder)
                .with_context(|| format!("failed to create {}", folder.display()))?;
        }
        let mut log = File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&self.log)
            .with_context(|| format!("failed to write {}", self.log.display()))?;
        let mut outcome = Outcome {
            target: self.target.clone(),
            ..Outcome::default()
        };
        while outcome.crash.is_none() {
            let left = time.saturating_sub(outcome.time).as_secs();
            if left == 0 {
                break;
            }
            self.carry_out_round(&mut log, left, &mut outcome)
                .with_context(|| format!("{}: see {}", self.target, self.log.display()))?;
        }
        Ok(outcome)
    }

    fn carry_out_round(&self, log: &mut File, seconds: u64, outcome: &mut Outcome) -> Result<()> {
        let start = log.seek(SeekFrom::End(0))?;
        let child = Command::new(&self.program)
            .args(LIMITS)
            .args([
                "-print_final_stats=1",
                &format!("-max_total_time={seconds}"),
            ])
            .arg(format!("-artifact_prefix={}/", self.artifacts.display()))
            .args(&self.corpora)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            .spawn();
        let child = child.with_context(|| format!("failed to start {:?}", self.program))?;
        let usage = child.wait4().context("failed to wait for it")?;
        log.seek(SeekFrom::Start(start))?;
        let mut text = Vec::new();
        log.read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);

        let executions = executions(&text);
        outcome.time += usage.rusage.utime + usage.rusage.stime;
        outcome.executions += executions.unwrap_or_default();
        outcome.reached = reached(&text).unwrap_or(outcome.reached);
        outcome.crash = artifact(&text).map(Path::to_owned);
        let is_done = usage.status.success() && executions.is_some_and(|count| count > 0);
        if outcome.crash.is_none() && !is_done {
            bail!("it ended without a search: {}", usage.status);
        }
        Ok(())
    }
}

/// The number behind `name`, the last one if there are several.
fn number_behind(text: &str, name: &str) -> Option<u64> {
    let (_, rest) = text.rsplit_once(name)?;
    rest.split_whitespace().next()?.parse().ok()
}

fn executions(text: &str) -> Option<u64> {
    number_behind(text, "stat::number_of_executed_units:")
}

fn reached(text: &str) -> Option<(u64, u64)> {
    Some((
        number_behind(text, " cov: ")?,
        number_behind(text, " ft: ")?,
    ))
}

/// The file that libFuzzer says it has written the culprit to.
fn artifact(text: &str) -> Option<&Path> {
    let (_, rest) = text.rsplit_once("Test unit written to ")?;
    rest.lines().next().map(Path::new)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Outcome, artifact, executions, reached};

    const DONE: &str = "\
#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 30Mb
#524288\tpulse  cov: 171 ft: 310 corp: 40/2Kb lim: 4096 exec/s: 1000 rss: 400Mb
Done 600000 runs in 16 second(s)
stat::number_of_executed_units: 600000
stat::average_exec_per_sec:     37500
";

    #[test]
    fn figures_are_read() {
        assert_eq!(executions(DONE), Some(600_000));
        assert_eq!(reached(DONE), Some((171, 310)));
        assert_eq!(artifact(DONE), None);
        assert_eq!(executions(""), None);
        assert_eq!(reached(""), None);
    }

    #[test]
    fn crashes_are_named() {
        let text = "==1==ERROR\nartifact_prefix='a/'; Test unit written to a/crash-1\nBase64: \n";
        assert_eq!(artifact(text), Some(Path::new("a/crash-1")));
        let outcome = Outcome {
            target: "lz4".to_owned(),
            crash: artifact(text).map(Path::to_owned),
            ..Outcome::default()
        };
        assert!(outcome.to_string().ends_with("CRASH: a/crash-1"));
    }
}

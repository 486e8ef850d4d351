// SPDX-License-Identifier: BSD-2-Clause

//! Runs the commands that a page shows, in a fresh folder for each page: `target/docs/PAGE`. It has the
//! files that the pages use: an image, its inputs, and a link to the built programs.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use kaal_harness::checkout;
use kaal_harness::console::Step;
use kaal_harness::image::Inputs;
use kaal_harness::qemu::Machine;
use kaal_harness::sel4::PREFIX;
use kaal_harness::tools::search_path;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::{Failed, Trial};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::block::Block;
use crate::mark::Mark;
use crate::output::Comparison;
use crate::page::Page;
use crate::shown;

/// The time limit of a command; those that compile take longest.
const LIMIT: Duration = Duration::from_secs(600);

/// The time limit in a copy of the checkout, where Cargo compiles everything anew.
const LIMIT_IN_COPY: Duration = Duration::from_secs(1200);

/// The copy of the checkout in a page's folder, if a block runs there.
const COPY: &str = "checkout";

static EXECUTED: AtomicUsize = AtomicUsize::new(0);
static MARKED: AtomicUsize = AtomicUsize::new(0);

/// Prints how many blocks were run.
pub(crate) fn print_count() {
    let [executed, marked] = [&EXECUTED, &MARKED].map(|count| count.load(Ordering::Relaxed));
    println!("blocks of commands: {executed} executed, {marked} marked with the reason why not");
}

/// A test for each block of commands of a page.
pub(crate) fn trials(workspace: &Workspace, page: &Page) -> Result<Vec<Trial>> {
    let folder = workspace
        .root()
        .join("target/docs")
        .join(page.path.with_extension(""));
    let mut trials = Vec::new();
    let mut exports = Vec::new();
    let mut needs_copy = false;
    for block in &page.blocks {
        let name = format!("{}:{}", page.path.display(), block.line);
        if block.may_hide_commands() {
            trials.push(Trial::test(name, || {
                Err("a fenced block with a language expected, `console` for commands".into())
            }));
        } else if block.is_console() {
            let mark = Mark::parse(&block.comment).with_context(|| name.clone())?;
            needs_copy |= mark.in_copy;
            trials.push(trial(workspace, &folder, name, block, mark, &mut exports));
        }
    }
    if !trials.is_empty() {
        prepare(workspace, &folder)?;
    }
    if needs_copy {
        symlink(checkout::copy(workspace)?, folder.join(COPY))?;
    }
    Ok(trials)
}

/// Adds the variables that `block` exports to `exports`, which it shares with the rest of its page.
fn trial(
    workspace: &Workspace,
    folder: &Path,
    name: String,
    block: &Block,
    mark: Mark,
    exports: &mut Vec<String>,
) -> Trial {
    let sel4 = env::var_os(PREFIX);
    let missing = mark.needs.iter().find(|tool| tool.find().is_none());
    let reason = match (&mark.not_run, missing, mark.needs_sel4 && sel4.is_none()) {
        (Some(reason), _, _) => Some(reason.clone()),
        (None, Some(tool), _) => Some(format!("needs {}", tool.name)),
        (None, None, true) => Some(format!("needs {PREFIX}")),
        (None, None, false) => None,
    };
    if let Some(reason) = reason {
        MARKED.fetch_add(1, Ordering::Relaxed);
        let trial = Trial::test(format!("{name} ({reason})"), || Ok(()));
        return trial.with_ignored_flag(true);
    }
    let steps = shown::here(workspace, block.steps());
    let commands = steps.iter().map(|step| &step.command);
    exports.extend(commands.filter(|line| line.starts_with("export ")).cloned());
    let session = Session {
        folder: match mark.in_copy {
            true => folder.join(COPY),
            false => folder.to_owned(),
        },
        programs: workspace.target().join("release"),
        exports: exports.clone(),
        mark,
    };
    Trial::test(name, move || {
        EXECUTED.fetch_add(1, Ordering::Relaxed);
        session
            .run(&steps)
            .map_err(|error| Failed::from(format!("{error:#}")))
    })
}

/// Creates a page's folder anew.
fn prepare(workspace: &Workspace, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder.join("other"))
        .with_context(|| format!("failed to create {}", folder.display()))?;
    symlink(workspace.target(), folder.join("target"))?;
    for shared in ["nix", "root-task"] {
        symlink(workspace.root().join(shared), folder.join(shared))?;
    }
    let mut inputs = Inputs::probe(workspace, Program::Probe, &Machine::ordinary(), folder)?;
    for (file, name) in [
        (&mut inputs.loader, "elfloader.elf"),
        (&mut inputs.unpacker, "unpacker.elf"),
        (&mut inputs.efi_stub, "efi-stub.elf"),
        (&mut inputs.kernel, "kernel.elf"),
        (&mut inputs.app, "root-task.elf"),
    ] {
        let copy = folder.join(name);
        fs::copy(&file, &copy).with_context(|| format!("failed to write {}", copy.display()))?;
        *file = copy;
    }
    inputs.pack(workspace, &folder.join("bootimage.elf"))?;
    inputs.log_level = Some("debug".to_owned());
    inputs.pack(workspace, &folder.join("other/bootimage.elf"))?;
    Ok(())
}

/// Where and how a block's commands run.
struct Session {
    folder: PathBuf,
    programs: PathBuf,
    /// The commands that set variables for all commands of the page.
    exports: Vec<String>,
    mark: Mark,
}

impl Session {
    fn run(&self, steps: &[Step]) -> Result<()> {
        ensure!(!steps.is_empty(), "no line begins with `$ `");
        let shows = steps.iter().any(|step| !step.shown.is_empty());
        ensure!(
            shows != self.mark.not_shown,
            "a block of commands shows what they print, or is marked: `<!-- runs: output not shown -->`, \
             `<!-- not run: REASON -->`"
        );
        for (index, step) in steps.iter().enumerate() {
            let status = if index + 1 == steps.len() {
                self.mark.status
            } else {
                0
            };
            self.step(step, status)
                .with_context(|| format!("$ {}", step.command))?;
        }
        Ok(())
    }

    fn step(&self, step: &Step, expected: i32) -> Result<()> {
        let comparison = Comparison {
            numbers_vary: self.mark.numbers_vary,
        };
        let mut child = self.command(&step.command)?.spawn()?;
        let group = Pid::from_child(&child);
        let mut errors = child.stderr.take().context("no standard error")?;
        let errors = thread::spawn(move || {
            let mut text = Vec::new();
            errors.read_to_end(&mut text).map(|_| text)
        });
        let chunks = listen(child.stdout.take().context("no standard output")?);
        let mut bytes = Vec::new();
        let mut printed = String::new();
        let limit = match self.mark.in_copy {
            true => LIMIT_IN_COPY,
            false => LIMIT,
        };
        let end = Instant::now() + limit;
        let mut ended_here = false;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match chunks.recv_timeout(left) {
                Ok(chunk) => {
                    bytes.extend(chunk);
                    printed = String::from_utf8_lossy(&bytes).into_owned();
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    kill_process_group(group, Signal::KILL)?;
                    child.wait()?;
                    bail!("not done after {limit:?}; it printed:\n{printed}");
                }
            }
            if self.mark.until_shown && comparison.missing(&step.shown, &printed).is_none() {
                kill_process_group(group, Signal::KILL)?;
                ended_here = true;
                break;
            }
        }
        let status = child.wait()?;
        let errors = errors
            .join()
            .map_err(|_| anyhow::anyhow!("no standard error"))??;
        let errors = String::from_utf8_lossy(&errors);
        ensure!(
            ended_here || status.code() == Some(expected),
            "{status}, status {expected} expected; it printed:\n{printed}{errors}"
        );
        match comparison.missing(&step.shown, &printed) {
            Some(line) if !self.mark.not_shown => {
                bail!("the page shows\n{line}\nbut the commands printed\n{printed}{errors}")
            }
            _ => Ok(()),
        }
    }

    fn command(&self, line: &str) -> Result<Command> {
        let redirected = if self.mark.with_errors {
            "exec 2>&1\n"
        } else {
            ""
        };
        let exports = self.exports.join("\n");
        let mut path = OsString::from(&self.programs);
        path.push(":");
        path.push(search_path());
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("{redirected}{exports}\n{line}"))
            .current_dir(&self.folder)
            .env("PATH", path)
            .env("CARGO_TERM_QUIET", "true")
            // A reader's shell doesn't select the compiler of the tests.
            .env_remove("RUSTUP_TOOLCHAIN")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if !self.mark.needs_sel4 {
            command.env_remove(PREFIX);
        }
        if self.mark.in_copy {
            command.env_remove("CARGO_TARGET_DIR");
        }
        Ok(command)
    }
}

/// Passes on output as it comes, because a prompt doesn't end a line.
fn listen(mut output: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, chunks) = mpsc::channel();
    thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(size @ 1..) = output.read(&mut chunk) {
            if sender.send(chunk[..size].to_vec()).is_err() {
                return;
            }
        }
    });
    chunks
}

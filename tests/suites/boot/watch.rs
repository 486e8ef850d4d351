// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask watch` boots what was saved, and an error doesn't end it.

use std::fs;
use std::io::{self, BufRead, BufReader, PipeReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::command::xtask;
use crate::trial;

/// The time limit of a line; Cargo may have to compile before the first one.
const LIMIT: Duration = Duration::from_secs(300);

/// Lines of a system that failed, as a whole or in a component.
const FAILURES: [&str; 2] = ["error: the boot failed", ": given up"];

/// The output of the task, and of another one.
const HELLO: [&str; 2] = ["task: hello from EL0", "task: HELLO from EL0"];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![trial(workspace, "watch::boots_what_is_saved", saved)]
}

fn saved(workspace: &Workspace) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let app = scratch.path().join("task.elf");
    let tasks = tasks(workspace)?;
    fs::write(&app, &tasks[0])?;
    let mut command = xtask(workspace, workspace.root(), &["watch", "--app"]);
    let watch = Watch::start(command.arg(&app))?;
    watch.wait_for(HELLO[0])?;
    watch.wait_for("== waiting for a change")?;

    fs::write(&app, &tasks[1])?;
    watch.wait_for(HELLO[1])?;

    fs::write(&app, "no program")?;
    watch.wait_for("error: ")?;
    watch.wait_for("== waiting for a change")?;

    fs::write(&app, &tasks[0])?;
    watch.wait_for(HELLO[0])
}

/// Two programs with different output.
fn tasks(workspace: &Workspace) -> Result<[Vec<u8>; 2]> {
    let task = fs::read(workspace.program(Program::ProbeTask))?;
    let [old, new] = HELLO.map(str::as_bytes);
    let place = task.windows(old.len()).position(|bytes| bytes == old);
    let place = place.context("the task doesn't say hello")?;
    let mut other = task.clone();
    other[place..place + new.len()].copy_from_slice(new);
    Ok([task, other])
}

/// A `cargo xtask watch`, or other command, that ends with this value, as do its children.
pub(crate) struct Watch {
    cargo: Child,
    lines: Receiver<String>,
}

impl Watch {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let (reader, writer) = io::pipe()?;
        let cargo = command
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0)
            .spawn()
            .context("failed to start cargo")?;
        Ok(Self {
            cargo,
            lines: lines(reader),
        })
    }

    /// Sends a signal to Cargo, but not to its children, and waits for its end.
    pub(crate) fn terminate(&mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.cargo), Signal::TERM)?;
        self.cargo.wait()?;
        Ok(())
    }

    /// Waits for a line with `text`, after the lines so far. Fails at once if the system fails.
    pub(crate) fn wait_for(&self, text: &str) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        let mut others = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.contains(text) => return Ok(()),
                Ok(line) if FAILURES.iter().any(|failure| line.contains(failure)) => {
                    bail!("{text:?} expected, but {line:?} after {others:#?}")
                }
                Ok(line) => others.push(line),
                Err(error) => bail!("{text:?} expected: {error}: {others:#?}"),
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The group exists until `wait` returns, so an error means that all has ended.
        let _ = kill_process_group(Pid::from_child(&self.cargo), Signal::KILL);
        let _ = self.cargo.wait();
    }
}

fn lines(reader: PipeReader) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(reader).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

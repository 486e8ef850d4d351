// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask watch`: what is saved is booted, and what can't be booted ends nothing.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, PipeReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use kaal_harness::sel4::PREFIX;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::trial;

/// The time that a line is given; Cargo may have to compile before the first one.
const LIMIT: Duration = Duration::from_secs(300);

/// What the task says, and what another one does.
const HELLO: [&str; 2] = ["task: hello from EL0", "task: HELLO from EL0"];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![trial(workspace, "watch::boots_what_is_saved", saved)]
}

fn saved(workspace: &Workspace) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let app = scratch.path().join("task.elf");
    let tasks = tasks(workspace)?;
    fs::write(&app, &tasks[0])?;
    let watch = Watch::start(workspace, &app)?;
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

/// Two programs that say something else.
fn tasks(workspace: &Workspace) -> Result<[Vec<u8>; 2]> {
    let task = fs::read(workspace.program(Program::ProbeTask))?;
    let [old, new] = HELLO.map(str::as_bytes);
    let place = task.windows(old.len()).position(|bytes| bytes == old);
    let place = place.context("the task doesn't say hello")?;
    let mut other = task.clone();
    other[place..place + new.len()].copy_from_slice(new);
    Ok([task, other])
}

/// A `cargo xtask watch` that ends with this value, and all that it has started.
struct Watch {
    cargo: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(workspace: &Workspace, app: &Path) -> Result<Self> {
        let (reader, writer) = io::pipe()?;
        let cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["xtask", "watch", "--app"])
            .arg(app)
            .current_dir(workspace.root())
            .env("CARGO_TARGET_DIR", workspace.target())
            .env_remove(PREFIX)
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

    /// Waits for a line with `text`, behind those that were waited for.
    fn wait_for(&self, text: &str) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        let mut others = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.contains(text) => return Ok(()),
                Ok(line) => others.push(line),
                Err(error) => bail!("{text:?} expected: {error}: {others:#?}"),
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Neither can fail in a way that matters: the group is this value's, as long as its first process is.
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

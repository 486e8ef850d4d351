// SPDX-License-Identifier: BSD-2-Clause

//! The page of a running system, on a real kernel.

mod bad_disk;
mod client;
mod files;
mod hostile;
mod shown;

use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kaal_harness::qemu::Live;
use kaal_harness::sel4::{Kernel, READY};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::root_task::PROMPT;
use crate::sel4::{is_for_board, kernel_trial};
use crate::system_devices;
use client::{Events, get, retry, stall};

/// The time limit of each step.
const LIMIT: Duration = Duration::from_secs(60);

/// Number of clients that send a part of a request and wait: more than the server has connections.
const STALLED: usize = 30;

/// Number of requests beside them, and of restarts of the network's driver.
const REQUESTS: usize = 100;
const RESTARTS: usize = 5;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // The list is for the virt machine.
    if is_for_board() {
        return Vec::new();
    }
    let is_mcs = Kernel::from_environment()
        .ok()
        .flatten()
        .is_some_and(|kernel| kernel.is_mcs());
    let loops = match is_mcs {
        true => "page::outlives_a_worker_that_loops",
        false => "page::outlives_a_worker_that_loops (the kernel has no MCS)",
    };
    vec![
        kernel_trial(workspace, "page::shows_what_the_shell_shows", equals_shell),
        kernel_trial(workspace, "page::shows_a_crash", shows_a_crash),
        kernel_trial(workspace, "page::serves_beside_slow_clients", slow_clients),
        kernel_trial(workspace, "page::outlives_its_network", restarts),
        kernel_trial(
            workspace,
            "page::drops_hostile_packets",
            hostile::are_dropped,
        ),
        kernel_trial(workspace, "page::serves_files", files::are_served),
        kernel_trial(workspace, "page::needs_no_files", files::may_be_missing),
        kernel_trial(
            workspace,
            "page::survives_bad_sectors",
            bad_disk::disturbs_nobody,
        ),
        kernel_trial(
            workspace,
            "page::serves_beside_a_silent_disk",
            files::may_be_late,
        ),
        kernel_trial(workspace, loops, files::may_loop).with_ignored_flag(!is_mcs),
    ]
}

/// A running system with a page.
struct System {
    console: Live,
    port: u16,
    _scratch: TempDir,
}

impl System {
    /// Boots it, and waits for the shell.
    fn boot(workspace: &Workspace, kernel: &Kernel) -> Result<Self> {
        Self::boot_with(workspace, kernel, |options| options)
    }

    /// Boots it with changed options for its devices.
    fn boot_with(
        workspace: &Workspace,
        kernel: &Kernel,
        change: impl FnOnce(Vec<String>) -> Vec<String>,
    ) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let image = scratch.path().join("bootimage.elf");
        let app = workspace.artifacts().join("root-task-page.elf");
        let inputs = kernel.inputs(workspace, &app);
        inputs.pack(workspace, &image)?;
        let mut command = inputs.boot(&kernel.machine()?, &image);
        let devices = system_devices::of(workspace, kernel, scratch.path())?;
        command.args(change(devices.options()));
        let mut console = Live::start(command)?;
        console.wait_for(READY, LIMIT)?;
        console.wait_for(PROMPT, LIMIT)?;
        // It may still print by itself.
        console.wait_for("crasher: given up", LIMIT)?;
        Ok(Self {
            console,
            port: devices.http.context("the machine has no network")?,
            _scratch: scratch,
        })
    }

    /// Lets the shell carry out a command, and returns its lines.
    fn shell(&mut self, command: &str) -> Result<String> {
        self.console.type_line(command)?;
        self.console.wait_for(command, LIMIT)?;
        self.console.wait_for(PROMPT, LIMIT)
    }

    fn json(&self) -> Result<Value> {
        let answer = get(self.port, "/api/system.json")?;
        Ok(serde_json::from_str(&answer)?)
    }
}

/// The page comes whole, and its state is that of the shell's views.
fn equals_shell(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let mut system = System::boot(workspace, kernel)?;
    let page = get(system.port, "/")?;
    ensure!(page == kaal_web::PAGE, "not the page:\n{page}");
    let components = system.shell("ps")?;
    let memory = system.shell("mem")?;
    let capabilities = system.shell("caps")?;
    // The state follows after a moment.
    retry(|| {
        let json = system.json()?;
        shown::components(&json, &components)?;
        shown::memory(&json, &memory)?;
        shown::capabilities(&json, &capabilities)?;
        shown::refusals(&json)
    })
}

/// A component that fails appears among the events, with its restart.
fn shows_a_crash(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let mut system = System::boot(workspace, kernel)?;
    let mut events = Events::open(system.port)?;
    let is = |wanted: &'static str| {
        move |state: &Value| {
            let crasher = shown::component(state, "crasher");
            crasher.is_some_and(|it| it["state"] == wanted)
        }
    };
    events.wait_for(is("givenUp"))?;
    system.console.type_line("restart crasher")?;
    // It waits for its second restart.
    let stopped = events.wait_for(is("stopped"))?;
    let failure = "fail: wrote to 0x10";
    ensure!(
        shown::logs(&stopped, "crasher", failure),
        "no {failure:?}:\n{stopped:#}"
    );
    let given_up = events.wait_for(is("givenUp"))?;
    let restarts = shown::component(&given_up, "crasher").map(|it| &it["restarts"]);
    ensure!(restarts == Some(&json!(2)), "{restarts:?} restarts");
    Ok(())
}

/// Clients that send half a request take nothing from others.
fn slow_clients(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let system = System::boot(workspace, kernel)?;
    let stalled: Result<Vec<TcpStream>> = (0..STALLED).map(|_| stall(system.port)).collect();
    for _ in 0..REQUESTS {
        retry(|| get(system.port, "/"))?;
    }
    drop(stalled?);
    // The state follows after a moment.
    retry(|| {
        let web = &system.json()?["web"];
        let (answered, slow) = (web["answered"].as_u64(), web["slow"].as_u64());
        ensure!(
            answered >= Some(REQUESTS as u64) && slow >= Some(1),
            "unexpected counts:\n{web:#}"
        );
        Ok(())
    })
}

/// After restarts of the network's driver under load, the page is served, and no memory is lost.
fn restarts(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let mut system = System::boot(workspace, kernel)?;
    let port = system.port;
    // Slots for halves of split memory are free only after a restart.
    system.shell("restart net")?;
    retry(|| get(port, "/"))?;
    let before = system.shell("mem")?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                // Fails while the driver is away.
                let _ = get(port, "/");
            }
        });
        let outcome = (0..RESTARTS).try_for_each(|_| {
            let answer = system.shell("restart net")?;
            ensure!(answer.contains("restarted net"), "{answer}");
            retry(|| get(port, "/")).map(drop)
        });
        is_over.store(true, Ordering::Relaxed);
        outcome
    })?;
    retry(|| get(port, "/"))?;
    let after = system.shell("mem")?;
    ensure!(before == after, "before:\n{before}\nafter:\n{after}");
    Ok(())
}

// SPDX-License-Identifier: BSD-2-Clause

//! gdb attached to a boot: it stops where each program begins, and says where that is. Listed as ignored where no
//! gdb is installed.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kaal_tests::debugger::{self, Debugger};
use kaal_tests::image::Inputs;
use kaal_tests::qemu::{self, Machine, Stop, Watch};
use kaal_tests::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::trial;

/// The time that all three stops are given.
const LIMIT: Duration = Duration::from_secs(60);

/// What gdb does after it has been attached, at the loader's first instruction: says where that is, and does the
/// same at the next two stops.
const STEPS: [&str; 6] = [
    "where-am-i",
    "continue",
    "where-am-i",
    "continue",
    "where-am-i",
    "kill",
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let is_missing = debugger::program().is_none();
    let tests = [
        (
            "debugger::stops_at_el1",
            Program::Probe,
            Machine::ordinary(),
        ),
        (
            "debugger::stops_at_el2",
            Program::ProbeHyp,
            Machine::hypervisor(),
        ),
    ];
    tests
        .into_iter()
        .map(|(name, probe, machine)| {
            trial(workspace, name, move |workspace| {
                stops(workspace, probe, &machine)
            })
            .with_ignored_flag(is_missing)
        })
        .collect()
}

fn stops(workspace: &Workspace, probe: Program, machine: &Machine) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("image.elf");
    let socket = scratch.path().join("gdb");
    let socket = socket.to_str().context("a path in UTF-8 expected")?;
    let inputs = Inputs::probe(workspace, probe, machine, scratch.path())?;
    inputs.pack(workspace, &image)?;
    let mut boot = inputs.boot(machine, &image);
    boot.args(["-S", "-gdb", &format!("unix:{socket},server=on,wait=off")]);
    let stop = Stop::default();
    let watch = Watch {
        limit: Some(LIMIT),
        stop: Some(stop.clone()),
        ..Watch::default()
    };
    let run = std::thread::spawn(move || qemu::run(boot, &watch));
    wait_for(socket)?;

    let mut gdb = Debugger::new(workspace, &inputs, &image, socket)?.command();
    gdb.arg("-batch").stdin(Stdio::null());
    for step in STEPS {
        gdb.args(["-ex", step]);
    }
    let output = gdb.output().context("failed to start gdb")?;
    stop.ask();
    drop(run.join());

    let said = String::from_utf8_lossy(&output.stdout);
    let places: Vec<_> = said
        .lines()
        .filter(|line| line.contains(" in section "))
        .collect();
    let files = ["elfloader.elf", "probe", "probe-task.elf"];
    let is_right = |(place, file): (&&str, &str)| {
        place.starts_with("_start in section") && place.contains(file)
    };
    ensure!(
        places.len() == files.len() && places.iter().zip(files).all(is_right),
        "gdb stopped elsewhere:\n{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// Waits until QEMU listens on `socket`.
fn wait_for(socket: &str) -> Result<()> {
    let started = std::time::Instant::now();
    while std::os::unix::net::UnixStream::connect(socket).is_err() {
        ensure!(
            started.elapsed() < LIMIT,
            "QEMU does not listen on {socket}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

// SPDX-License-Identifier: BSD-2-Clause

//! Attaches gdb to a boot: it stops at the start of each program and names the place. Ignored without a gdb for
//! AArch64.

use std::iter;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use kaal_harness::debugger::Debugger;
use kaal_harness::image::Inputs;
use kaal_harness::qemu::{self, Machine, Stop, Watch};
use kaal_harness::sel4::Kernel;
use kaal_harness::tools::GDB;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::sel4::{is_for_board, kernel_trial};
use crate::{says, trial};

/// The time limit of all three stops.
const LIMIT: Duration = Duration::from_secs(60);

/// gdb prints the place.
const WHERE: &str = "where-am-i";

/// gdb prints the bit that turns the instruction cache on at an exception level.
const PRINT_SCTLR_EL1_I: &str = r#"printf "SCTLR_ELx.I is %d\n", $SCTLR >> 12 & 1"#;
const PRINT_SCTLR_EL2_I: &str = r#"printf "SCTLR_ELx.I is %d\n", $SCTLR_EL2 >> 12 & 1"#;
const PRINT_SCTLR_EL3_I: &str = r#"printf "SCTLR_ELx.I is %d\n", $SCTLR_EL3 >> 12 & 1"#;

/// A place for gdb to stop: the symbol, the program's file, and the source file if there is one. Naked functions have
/// no lines, and the probe kernel's task has none at all.
type Place = (&'static str, &'static str, Option<&'static str>);

/// The first places of each boot.
const LOADER: [Place; 2] = [
    ("_start", "elfloader.elf", None),
    ("::rust_entry", "elfloader.elf", Some("elfloader/")),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
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
        (
            "debugger::stops_at_el3",
            Program::Probe,
            Machine {
                machine: "virt,secure=on".to_owned(),
                ..Machine::ordinary()
            },
        ),
    ];
    let mut trials: Vec<_> = tests
        .into_iter()
        .map(|(name, probe, machine)| {
            let (name, is_missing) = GDB.needed_by(name);
            trial(workspace, name, move |workspace| {
                stops_with_probe(workspace, probe, &machine)
            })
            .with_ignored_flag(is_missing)
        })
        .collect();
    // Images for boards begin with other programs.
    if !is_for_board() {
        let (name, is_missing) = GDB.needed_by("debugger::stops_with_sel4");
        let trial = kernel_trial(workspace, &name, stops_with_sel4);
        trials.push(match is_missing {
            true => trial.with_ignored_flag(true),
            false => trial,
        });
    }
    trials
}

fn stops_with_probe(workspace: &Workspace, probe: Program, machine: &Machine) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let inputs = Inputs::probe(workspace, probe, machine, scratch.path())?;
    let file = probe.file_name();
    let others = [
        ("_start", file, None),
        ("::main", file, Some("tests/probe/src/")),
        ("_start", Program::ProbeTask.file_name(), None),
    ];
    stops(workspace, &inputs, machine, &others, scratch.path())
}

fn stops_with_sel4(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let inputs = kernel.inputs(workspace, &workspace.root_task());
    let others = [
        ("_start", "kernel.elf", Some("head.S")),
        ("_start", "root-task.elf", None),
        ("::main", "root-task.elf", Some("src/main.rs")),
    ];
    stops(
        workspace,
        &inputs,
        &kernel.machine()?,
        &others,
        scratch.path(),
    )
}

/// Boots, and fails if gdb doesn't stop at the loader's places and then at `others`, or if the instruction cache is off
/// in the loader.
fn stops(
    workspace: &Workspace,
    inputs: &Inputs,
    machine: &Machine,
    others: &[Place],
    scratch: &Path,
) -> Result<()> {
    let image = scratch.join("image.elf");
    let socket = scratch.join("gdb");
    let socket = socket.to_str().context("a path in UTF-8 expected")?;
    inputs.pack(workspace, &image)?;
    let mut boot = inputs.boot(machine, &image);
    boot.args(["-S", "-gdb", &format!("unix:{socket},server=on,wait=off")]);
    let stop = Stop::default();
    let watch = Watch {
        limit: Some(LIMIT),
        stop: Some(stop.clone()),
        ..Watch::default()
    };
    let run = thread::spawn(move || qemu::run(boot, &watch));
    wait_for(socket)?;

    let program = GDB.find().context("gdb is gone")?;
    let mut gdb = Debugger::new(workspace, program, inputs, &image, socket)?.command();
    gdb.arg("-batch").stdin(Stdio::null());
    for step in steps(machine, others.len()) {
        gdb.args(["-ex", step]);
    }
    let output = gdb.output().context("failed to start gdb")?;
    stop.ask();
    drop(run.join());

    let expected: Vec<_> = LOADER.iter().chain(others).collect();
    let said = String::from_utf8_lossy(&output.stdout);
    let mut found = places(&said);
    found.dedup_by_key(|(symbol, _)| *symbol);
    ensure!(
        found.len() == expected.len() && found.iter().zip(expected).all(is_at),
        "gdb stopped elsewhere:\n{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    says(&said, "SCTLR_ELx.I is 1")
}

/// gdb's commands after it has attached at the loader's first instruction: it stops in the loader's first function,
/// where each core enters the kernel, and at all of the `others`.
fn steps(machine: &Machine, others: usize) -> Vec<&'static str> {
    let mut steps = vec![WHERE, "thbreak rust_entry"];
    let stops = |count| iter::repeat_n(["continue", WHERE], count).flatten();
    steps.extend(stops(1));
    steps.push(match machine.machine.as_str() {
        options if options.contains("secure=on") => PRINT_SCTLR_EL3_I,
        options if options.contains("virtualization=on") => PRINT_SCTLR_EL2_I,
        _ => PRINT_SCTLR_EL1_I,
    });
    steps.extend(stops(machine.cores as usize));
    // Only now, because the loader's other cores have a `main` as well.
    steps.push("thbreak main");
    steps.extend(stops(others - 1));
    steps.push("kill");
    steps
}

/// gdb's output about symbols, each with its output about lines.
fn places(said: &str) -> Vec<(&str, &str)> {
    let starts = said.match_indices(" in section ").map(|(place, _)| {
        let line = said.get(..place).and_then(|before| before.rfind('\n'));
        line.map_or(0, |line| line + 1)
    });
    starts
        .filter_map(|start| said.get(start..)?.split_once('\n'))
        .map(|(symbol, rest)| {
            let end = rest.find("\npc ").unwrap_or(rest.len());
            (symbol, rest.get(..end).unwrap_or_default())
        })
        .collect()
}

fn is_at(((symbol, line), (name, program, source)): (&(&str, &str), &Place)) -> bool {
    let has_line = |source: &str| line.starts_with("Line ") && line.contains(source);
    symbol.contains(name) && symbol.contains(program) && source.is_none_or(has_line)
}

/// Waits until QEMU listens on `socket`.
fn wait_for(socket: &str) -> Result<()> {
    let started = Instant::now();
    while UnixStream::connect(socket).is_err() {
        ensure!(
            started.elapsed() < LIMIT,
            "QEMU does not listen on {socket}"
        );
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

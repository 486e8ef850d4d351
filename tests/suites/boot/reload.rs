// SPDX-License-Identifier: BSD-2-Clause

//! Replaces programs of components in a running system, on a real kernel.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use kaal_harness::line::{Answer, Line};
use kaal_harness::qemu::{self, Devices, End, Stop, Typed, Watch};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use kaal_program::Program;
use kaal_protocol::PROGRAMS_LIMIT;
use libtest_mimic::Trial;

use crate::says;
use crate::sel4::{is_for_board, kernel_trial};

/// The program of `hello`, in the root task's target folder.
const HELLO: &str = "aarch64-unknown-none/release/hello";

/// The time limit of the whole, and of each step.
const LIMIT: Duration = Duration::from_secs(120);
const STEP: Duration = Duration::from_secs(40);

/// The time between two looks at the console.
const PAUSE: Duration = Duration::from_millis(20);

/// What the counter prints before each number.
const NUMBER: &str = "[counter] number ";

/// What `hello` prints, and what its new programs print, of the same length.
const OLD: &str = "hello, world";
const AGAIN: &str = "hello, again";
const TWICE: &str = "hello, twice";

/// The number and the size in bytes of programs that exceed the root task's limit together, but not two at once.
const MANY: usize = 4;
const PADDED: usize = 300 << 10;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    // Only the virt machine has the line.
    match is_for_board() {
        true => Vec::new(),
        false => vec![kernel_trial(
            workspace,
            "reload::replaces_programs",
            replaces,
        )],
    }
}

fn replaces(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage.elf");
    let app = workspace
        .artifacts()
        .join("root-task-counting-development.elf");
    let inputs = kernel.inputs(workspace, &app);
    inputs.pack(workspace, &image)?;
    let system = System {
        socket: scratch.path().join("line"),
        console: scratch.path().join("console"),
    };
    let mut command = inputs.boot(&kernel.machine()?, &image);
    let devices = Devices {
        line: Some(system.socket.clone()),
        ..Devices::default()
    };
    command.args(devices.options());
    let stop = Stop::default();
    let watch = Watch {
        stop: Some(stop.clone()),
        expect: Some("  reloaded".to_owned()),
        limit: Some(LIMIT),
        log: Some(system.console.clone()),
        typed: vec![Typed {
            after: format!("[hello] {TWICE}"),
            text: "ps\r".to_owned(),
        }],
        ..Watch::default()
    };
    let mut hello = fs::read(workspace.root_task_target().join(HELLO))?;
    hello.truncate(Program::read(&hello)?.length);
    let (report, swapped) = thread::scope(|scope| {
        let boot = scope.spawn(|| qemu::run(command, &watch));
        let swapped = system.swap(&hello).inspect_err(|_| stop.ask());
        (boot.join(), swapped)
    });
    let report = report.map_err(|_| anyhow!("the boot panicked"))??;
    let console = report.console;
    swapped.with_context(|| format!("on the console:\n{console}"))?;
    ensure!(report.end == End::Expected, "{:?}:\n{console}", report.end);
    says(&console, "\nhello: new program")?;
    says(&console, "\n\"hello\": new program refused: ")?;
    counts_on(&console)
}

/// The counter was neither restarted nor does it miss a number.
fn counts_on(console: &str) -> Result<()> {
    let lines = console.split('\n');
    let numbers = lines.filter_map(|line| line.strip_prefix(NUMBER));
    let numbers: Vec<_> = numbers.map(|number| number.trim().parse().ok()).collect();
    let expected: Vec<_> = (0..numbers.len()).map(Some).collect();
    ensure!(
        numbers.len() > 1 && numbers == expected,
        "{numbers:?}:\n{console}"
    );
    Ok(())
}

/// A running system.
struct System {
    socket: PathBuf,
    /// The file with its console.
    console: PathBuf,
}

impl System {
    /// Replaces the program of `hello`, and tries to replace it by files that are none.
    fn swap(&self, hello: &[u8]) -> Result<()> {
        self.wait_for(&[OLD, NUMBER])?;
        let mut line = Line::connect(&self.socket)?;
        line.send(b"nonsense, and the start of a frame: KaaLlo")?;
        let [damaged, again, twice] =
            [("ELF", "elf"), (OLD, AGAIN), (OLD, TWICE)].map(|(old, new)| changed(hello, old, new));
        for (name, program, reason) in [
            ("hello", &damaged?[..], "not an ELF file"),
            ("hello", &hello[..1000], "the file ends before"),
            (
                "hello",
                &vec![0; PROGRAMS_LIMIT + 1],
                "at most 1048576 expected",
            ),
            ("reload", hello, "there is no other component of this name"),
        ] {
            match line.replace(name, program)? {
                Answer::Refused(found) if found.contains(reason) => {}
                answer => bail!("{name}: {reason:?} expected, but {answer:?}"),
            }
        }
        let mut again = again?;
        again.resize(PADDED, 0);
        for round in 0..MANY {
            let answer = line.replace("hello", &again)?;
            ensure!(answer == Answer::Runs, "round {round}: {answer:?}");
        }
        self.wait_for(&[OLD, AGAIN, NUMBER])?;
        let answer = line.replace("hello", &twice?)?;
        ensure!(answer == Answer::Runs, "{answer:?}");
        Ok(())
    }

    /// Waits until the console shows these texts, each after the one before.
    fn wait_for(&self, texts: &[&str]) -> Result<()> {
        let deadline = Instant::now() + STEP;
        while Instant::now() < deadline {
            let console = fs::read(&self.console).unwrap_or_default();
            let console = String::from_utf8_lossy(&console);
            let rest = texts
                .iter()
                .try_fold(&*console, |rest, text| Some(rest.split_once(text)?.1));
            if rest.is_some() {
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
        bail!("no {texts:?} on the console")
    }
}

/// `program` with the first `old` in it changed to `new`, of the same length.
fn changed(program: &[u8], old: &str, new: &str) -> Result<Vec<u8>> {
    let mut windows = program.windows(old.len());
    let place = windows.position(|bytes| bytes == old.as_bytes());
    let place = place.with_context(|| format!("no {old:?} in the program"))?;
    let mut changed = program.to_vec();
    changed[place..][..new.len()].copy_from_slice(new.as_bytes());
    Ok(changed)
}

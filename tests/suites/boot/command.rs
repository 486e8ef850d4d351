// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask qemu`, as a user types it.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use kaal_harness::qemu::Machine;
use kaal_harness::sel4::{Kernel, PREFIX};
use kaal_harness::tools::GDB;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::image::Image;
use crate::sel4::{is_for_board, kernel_trial};
use crate::{says, trial};

/// The exit status of a failed boot.
const FAILED: i32 = 3;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let (attaches, is_missing) = GDB.needed_by("command::gdb_attaches_to_its_own_boot");
    vec![
        trial(workspace, "command::works_in_root_task", root_task),
        trial(workspace, "command::packed_image_boots", packed),
        trial(workspace, "command::firmware_is_needed", firmware),
        trial(workspace, "command::project_sets_options", project),
        trial(
            workspace,
            "command::project_names_the_kernel",
            project_kernel,
        ),
        trial(workspace, "command::device_tree_is_embedded", device_tree),
        trial(workspace, "command::failed_boot_is_explained", failed),
        kernel_trial(workspace, "command::component_is_explained", component),
        trial(workspace, attaches, gdb).with_ignored_flag(is_missing),
    ]
}

/// A folder in which `cargo xtask` works.
pub(crate) fn folder(workspace: &Workspace) -> Result<TempDir> {
    Ok(tempfile::tempdir_in(workspace.root().join("target"))?)
}

/// `cargo xtask` with these arguments.
pub(crate) fn xtask(workspace: &Workspace, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg("xtask").args(arguments).current_dir(folder);
    command.env("CARGO_TARGET_DIR", workspace.target());
    command.env_remove(PREFIX).stdin(Stdio::null());
    command
}

/// Keeps `target/kaal/console.log`, which all boots share, for one test.
pub(crate) fn lock_log() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The output and the errors of a command, which must end with `status`.
pub(crate) fn said(command: &mut Command, status: i32) -> Result<String> {
    let Output {
        status: found,
        stdout,
        stderr,
    } = command.output()?;
    let said = [stdout, stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    ensure!(
        found.code() == Some(status),
        "{status} expected, {found} found:\n{said}"
    );
    Ok(said)
}

/// The root task's workspace has no package `xtask`.
fn root_task(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root().join("root-task");
    says(
        &said(&mut xtask(workspace, &folder, &["--version"]), 0)?,
        "cargo xtask ",
    )
}

/// A hypervisor kernel for two cores boots only on a machine with EL2 and two cores.
fn packed(workspace: &Workspace) -> Result<()> {
    let machine = Machine {
        cores: 2,
        ..Machine::hypervisor()
    };
    let image = Image::of(workspace, Program::ProbeHyp, machine)?;
    image.pack(workspace)?;
    let folder = folder(workspace)?;
    let file = image.path();
    let file = file.to_str().context("a path in UTF-8")?;
    let arguments = ["qemu", "--image", file, "--expect", "KAAL_PROBE_PASS"];
    let booted = said(&mut xtask(workspace, folder.path(), &arguments), 0)?;
    says(&booted, "\nbuilt in ")?;

    fs::write(file, "no image")?;
    let said = said(&mut xtask(workspace, folder.path(), &arguments), 1)?;
    says(&said, &format!("error: --image {file}: image "))
}

/// QEMU alone doesn't start these formats, and would print nothing.
fn firmware(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace)?;
    let mut image = Image::ordinary(workspace)?;
    for format in ["efi", "fit"] {
        image.flags = vec!["--format", format];
        image.pack(workspace)?;
        let file = image.path();
        let file = file.to_str().context("a path in UTF-8")?;
        let arguments = ["qemu", "--image", file, "--timeout", "20"];
        for expect in [&[][..], &["--expect", "KAAL_PROBE_PASS"]] {
            let arguments = [&arguments, expect].concat();
            let refused = said(&mut xtask(workspace, folder.path(), &arguments), 1)?;
            let expected = format!(
                "error: --image {file}: format elf, raw, uimage or image expected, found {format}"
            );
            says(&refused, &expected)?;
        }
    }
    Ok(())
}

/// The file and the environment set options that the command line doesn't.
fn project(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace)?;
    fs::write(folder.path().join("kaal.toml"), "log-level = \"debug\"\n")?;
    let printed = "KaaL: region 0";
    let qemu = ["qemu", "--expect", printed];
    let mut by_file = xtask(workspace, folder.path(), &qemu);
    let warned = said(by_file.env("KAAL_APPS", "task.elf"), 0)?;
    says(&warned, "help: rename it to KAAL_APP\n")?;

    let silent = ["qemu", "--log-level", "info"];
    let silent = said(&mut xtask(workspace, folder.path(), &silent), 0)?;
    ensure!(!silent.contains(printed), "{silent}");

    let mut wrong = xtask(workspace, folder.path(), &["qemu"]);
    let wrong = said(wrong.env("KAAL_APP", "none.elf"), 1)?;
    says(&wrong, "error: --app none.elf: ")?;

    fs::write(folder.path().join("kaal.toml"), "kernle = \"kernel.elf\"\n")?;
    let wrong = said(&mut xtask(workspace, folder.path(), &["qemu"]), 1)?;
    says(
        &wrong,
        "error: --config kaal.toml: line 1: unknown key kernle",
    )
}

/// If the file names a kernel, that one boots, on the machine that its image needs.
fn project_kernel(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace)?;
    Machine::hypervisor().dump_device_tree(&folder.path().join("kernel.dtb"))?;
    let [kernel, app] = [Program::ProbeHyp, Program::ProbeTask];
    let config = format!(
        "kernel = {:?}\napp = {:?}\ndtb = \"kernel.dtb\"\n",
        workspace.program(kernel),
        workspace.program(app)
    );
    fs::write(folder.path().join("kaal.toml"), config)?;
    let qemu = ["qemu", "--expect", "KAAL_PROBE_PASS"];
    said(&mut xtask(workspace, folder.path(), &qemu), 0).map(drop)
}

/// The builder refuses the tree of a machine without enough RAM for the image, and the machine must have the RAM in its
/// tree.
fn device_tree(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace)?;
    let small = Machine {
        memory: "2M".to_owned(),
        ..Machine::ordinary()
    };
    small.dump_device_tree(&folder.path().join("small.dtb"))?;
    let qemu = ["qemu", "--dtb", "small.dtb"];
    let refused = said(&mut xtask(workspace, folder.path(), &qemu), 1)?;
    says(&refused, "--dtb small.dtb")?;

    let qemu = [&qemu[..], &["--memory", "1M"]].concat();
    let refused = said(&mut xtask(workspace, folder.path(), &qemu), 1)?;
    says(&refused, "error: --memory 1M: at least 2M expected")
}

/// The command that is printed after a failed boot works, also if the image was packed before.
fn failed(workspace: &Workspace) -> Result<()> {
    explains(workspace, &["--cores", "2"])?;
    let machine = Machine {
        cores: 2,
        ..Machine::ordinary()
    };
    let image = Image::of(workspace, Program::Probe, machine)?;
    image.pack(workspace)?;
    let file = image.path();
    let file = file.to_str().context("a path in UTF-8")?;
    says(
        &explains(workspace, &["--image", file])?,
        &format!(" --image {file}\n"),
    )
}

/// The output of a failed boot with `options`. The command in it explains the console of this boot.
fn explains(workspace: &Workspace, options: &[&str]) -> Result<String> {
    let _lock = lock_log();
    let log = workspace.artifacts().join("console.log");
    fs::write(log, "an earlier boot\n")?;
    let folder = folder(workspace)?;
    let qemu = [&["qemu"], options, &["--", "-smp", "1"]].concat();
    let failed = said(&mut xtask(workspace, folder.path(), &qemu), FAILED)?;
    let mut lines = failed.lines();
    let explain = lines.find(|line| line.contains(" explain "));
    let explain = explain.with_context(|| format!("a command expected, found:\n{failed}"))?;
    let mut shell = Command::new("sh");
    shell.args(["-c", explain]).current_dir(folder.path());
    says(&said(&mut shell, 0)?, "KaaL: error: ")?;
    Ok(failed)
}

/// A component's fault is explained, though the boot succeeds.
fn component(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let board = if is_for_board() { "board" } else { "" };
    let list = workspace.root().join("root-task/task").join(board);
    let folder = folder(workspace)?;
    // Other tests boot the root task with the list of the old name.
    fs::copy(list.join("hostile.toml"), folder.path().join("crash.toml"))?;
    let options = ["--system", "crash.toml", "--only", "crasher", "--explain"];
    let qemu = [&["qemu", "--expect", "crasher: given up"], &options[..]].concat();
    let _lock = lock_log();
    let mut boot = xtask(workspace, folder.path(), &qemu);
    let booted = said(boot.env(PREFIX, kernel.prefix()), 0)?;
    says(&booted, " at ./components/crasher/src/main.rs:")
}

/// gdb attaches with the command that is printed, and stops at the loader's first instruction.
fn gdb(workspace: &Workspace) -> Result<()> {
    let folder = folder(workspace)?;
    let qemu = ["qemu", "--gdb", "--timeout", "60"];
    let mut boot = xtask(workspace, folder.path(), &qemu);
    let stopped = debug(&mut boot, &["where-am-i", "show directories"])?;
    says(&stopped, "_start in section .text of ")?;
    let others = workspace.root().join("root-task").display().to_string();
    ensure!(!stopped.contains(&others), "{stopped}");
    Ok(())
}

/// The output of the gdb that `boot` says how to start, with more commands for it.
pub(crate) fn debug(boot: &mut Command, commands: &[&str]) -> Result<String> {
    let mut boot = boot.stdout(Stdio::piped()).spawn()?;
    let output = boot.stdout.take().context("no standard output")?;
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    lines.find(|line| line.ends_with("gdb:"));
    let mut shown = String::new();
    for line in lines.by_ref() {
        shown += &line;
        shown += "\n";
        if !line.ends_with('\\') {
            break;
        }
    }
    let commands = commands.iter().chain(&["kill"]);
    let commands = commands.map(|command| format!(" -ex '{command}'"));
    let gdb = shown.trim_end().to_owned() + " -batch" + &commands.collect::<String>();
    // Its status says only how QEMU closed the connection.
    let stopped = Command::new("sh").args(["-c", &gdb]).output();
    // gdb has ended it, or else its time limit does.
    boot.wait()?;
    Ok(String::from_utf8_lossy(&stopped?.stdout).into_owned())
}

// SPDX-License-Identifier: BSD-2-Clause

//! Machines whose RAM isn't one bank at 1 GiB, kernels linked for unusual addresses, and large root
//! tasks.

use std::fs;

use anyhow::{Context, Result, ensure};
use kaal_harness::probe::PASS;
use kaal_harness::process;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::device_tree::{edit, reserve, set_ram};
use crate::firmware::dtb_of;
use crate::image::Image;
use crate::trial;

use segment::with_segment;

mod segment;

const MIB: u64 = 1 << 20;

/// Size of a large root task's last segment.
const LARGE: usize = 100 << 20;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        trial(
            workspace,
            "odd_machines::kernel_above_4_gib::el1",
            |workspace| above_4_gib(workspace, Program::ProbeHigh, Machine::ordinary()),
        ),
        trial(
            workspace,
            "odd_machines::kernel_above_4_gib::el2",
            |workspace| above_4_gib(workspace, Program::ProbeHighHyp, Machine::hypervisor()),
        ),
        // The boundary between two banks lies in the kernel.
        trial(
            workspace,
            "odd_machines::banks_that_adjoin::el1",
            |workspace| {
                adjoining_banks(workspace, Program::Probe, Machine::ordinary(), [2, 6, 1016])
            },
        ),
        trial(
            workspace,
            "odd_machines::banks_that_adjoin::el2",
            |workspace| {
                let machine = Machine::hypervisor();
                adjoining_banks(workspace, Program::ProbeHyp, machine, [513, 1, 510])
            },
        ),
        trial(
            workspace,
            "odd_machines::banks_with_holes",
            banks_with_holes,
        ),
        trial(workspace, "odd_machines::reserved_memory", reserved_memory),
        trial(
            workspace,
            "odd_machines::root_task_of_100_mib::full",
            |workspace| {
                let content: Vec<u8> = (0..=250u8).cycle().take(LARGE).collect();
                large_task(workspace, &content)
            },
        ),
        trial(
            workspace,
            "odd_machines::root_task_of_100_mib::sparse",
            |workspace| large_task(workspace, b"the rest is zero"),
        ),
    ]
}

fn above_4_gib(workspace: &Workspace, probe: Program, machine: Machine) -> Result<()> {
    let machine = Machine {
        memory: "8G".to_owned(),
        ..machine
    };
    let mut image = Image::of(workspace, probe, machine)?;
    image.flags = vec!["--verbose"];
    let map = image.pack(workspace)?;
    ensure!(place(&map, "kernel")? == 0x1_4020_3000, "{map}");
    image.boot(PASS).map(drop)
}

/// Boots on a machine with several memory nodes, whose sizes are in MiB.
fn adjoining_banks(
    workspace: &Workspace,
    probe: Program,
    machine: Machine,
    sizes: [u64; 3],
) -> Result<()> {
    let mut arguments = Vec::new();
    for (index, size) in sizes.into_iter().enumerate() {
        let memory = format!("memory-backend-ram,id=bank{index},size={size}M");
        let node = format!("node,nodeid={index},memdev=bank{index}");
        arguments.extend(["-object".to_owned(), memory, "-numa".to_owned(), node]);
    }
    let image = Image::of(workspace, probe, machine)?;
    let dtb = dtb_of(&image)?;
    // QEMU takes two commas for a comma in a value.
    let file = dtb.display().to_string().replace(',', ",,");
    let dumping = Machine {
        machine: format!("{},dumpdtb={file}", image.machine.machine),
        ..image.machine.clone()
    };
    process::read(dumping.command().args(&arguments).args(["-serial", "null"]))?;
    let nodes = count(&fs::read(&dtb)?, b"memory@");
    ensure!(nodes == sizes.len(), "{nodes} memory nodes found");
    image.pack(workspace)?;
    image.boot_with(&arguments, PASS).map(drop)
}

/// The task is too large for the rest of the first bank.
fn banks_with_holes(workspace: &Workspace) -> Result<()> {
    const FIRST: u64 = 0x4000_0000;
    const SECOND: u64 = 0x5000_0000;

    let task = with_segment(&probe_task(workspace)?, &[1], LARGE)?;
    let mut image = Image::with_task(workspace, Program::Probe, &task, Machine::ordinary())?;
    image.flags = vec!["--verbose"];
    edit(&dtb_of(&image)?, |tree| {
        set_ram(tree, &[(SECOND, 128 * MIB), (FIRST, 64 * MIB)])
    })?;
    let map = image.pack(workspace)?;
    ensure!(place(&map, "user image")? == SECOND, "{map}");
    image.boot(PASS).map(drop)
}

/// If the usual places are reserved, user image and loader lie elsewhere, and the machine boots.
fn reserved_memory(workspace: &Workspace) -> Result<()> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = vec!["--verbose"];
    let map = image.pack(workspace)?;
    let (user_image, loader) = (place(&map, "user image")?, place(&map, "loader")?);
    edit(&dtb_of(&image)?, |tree| {
        reserve(tree, user_image, 0x1000, true)?;
        reserve(tree, loader + 0x5800, 0x10, false)
    })?;
    let map = image.pack(workspace)?;
    ensure!(place(&map, "user image")? == user_image + 0x1000, "{map}");
    ensure!(place(&map, "loader")? == loader + 2 * MIB, "{map}");
    ensure!(!map.contains("warning"), "{map}");
    image.boot(PASS).map(drop)
}

fn large_task(workspace: &Workspace, content: &[u8]) -> Result<()> {
    let task = with_segment(&probe_task(workspace)?, content, LARGE)?;
    let image = Image::with_task(workspace, Program::Probe, &task, Machine::ordinary())?;
    image.pack(workspace)?;
    image.boot(PASS).map(drop)
}

fn probe_task(workspace: &Workspace) -> Result<Vec<u8>> {
    Ok(fs::read(workspace.program(Program::ProbeTask))?)
}

/// The address of the first line of a memory map that names `what`.
fn place(map: &str, what: &str) -> Result<u64> {
    let line = map.lines().find(|line| line.contains(what));
    let address = line.and_then(|line| line.strip_prefix("0x")?.split_whitespace().next());
    let address = address.with_context(|| format!("{what} expected in:\n{map}"))?;
    Ok(u64::from_str_radix(address, 16)?)
}

/// How often `bytes` contains `needle`.
fn count(bytes: &[u8], needle: &[u8]) -> usize {
    let windows = bytes.windows(needle.len());
    windows.filter(|window| *window == needle).count()
}

// SPDX-License-Identifier: BSD-2-Clause

//! The device tree that the kernel gets: always the embedded one, or none. The loader uses the firmware's in each case.

use anyhow::{Context, Result};
use dtoolkit::model::DeviceTreeNode;
use kaal_harness::probe::{Expected, PASS};
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::device_tree::edit;
use crate::firmware::{DTB_ADDRESS, dtb_of, run};
use crate::image::{Image, change_file};
use crate::{says, trial};

const FIRMWARE: &str = "KaaL: the device tree is the firmware's";

/// A failed row of a probe that gets a device tree.
const UNWANTED: &str = "FAIL  device tree's address, of none";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = vec![
        trial(workspace, "kernel_dtb::embedded", embedded),
        trial(
            workspace,
            "kernel_dtb::probe_misses_none",
            probe_misses_none,
        ),
    ];
    let kernels = [
        ("el1", Program::Probe, Machine::ordinary()),
        ("el2", Program::ProbeHyp, Machine::hypervisor()),
    ];
    for (level, probe, machine) in kernels {
        for cores in [1, 4] {
            let machine = Machine {
                cores,
                ..machine.clone()
            };
            let name = format!("kernel_dtb::none::{level}::{cores}_cores");
            trials.push(trial(workspace, name, move |workspace| {
                none(workspace, probe, machine)
            }));
        }
    }
    trials
}

/// A kernel that gets no device tree, whoever tells the loader about the machine.
fn none(workspace: &Workspace, probe: Program, machine: Machine) -> Result<()> {
    let image = without_tree(workspace, probe, machine)?;
    image.pack(workspace)?;
    image.boot(PASS)?;
    let tree = dtb_of(&image)?;
    says(&run(&image, Some(tree), DTB_ADDRESS, PASS)?, FIRMWARE)?;

    // An image without facts about the machine.
    let mut image = image;
    let tree = image.inputs.device_tree.take();
    image.pack(workspace)?;
    says(&run(&image, tree, DTB_ADDRESS, PASS)?, FIRMWARE)
}

/// An image whose probe expects no device tree.
fn without_tree(workspace: &Workspace, probe: Program, machine: Machine) -> Result<Image> {
    let mut image = Image::of(workspace, probe, machine)?;
    change_file(&image.inputs.kernel, |kernel| {
        Expected::NoDeviceTree.supply(kernel)
    })?;
    image.flags = vec!["--log-level", "debug", "--kernel-dtb", "none"];
    Ok(image)
}

/// The kernel gets the embedded device tree, though the firmware has another.
fn embedded(workspace: &Workspace) -> Result<()> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = vec!["--log-level", "debug", "--kernel-dtb", "embedded"];
    image.pack(workspace)?;
    let other = image.file("other.dtb");
    std::fs::copy(dtb_of(&image)?, &other).context("failed to copy the device tree")?;
    edit(&other, |tree| {
        tree.root.add_child(DeviceTreeNode::new("other")?);
        Ok(())
    })?;
    says(&run(&image, Some(other), DTB_ADDRESS, PASS)?, FIRMWARE)?;
    image.boot(PASS).map(drop)
}

/// The probe notices an unwanted device tree.
fn probe_misses_none(workspace: &Workspace) -> Result<()> {
    let mut image = without_tree(workspace, Program::Probe, Machine::ordinary())?;
    image.flags.clear();
    image.pack(workspace)?;
    image.boot(UNWANTED).map(drop)
}

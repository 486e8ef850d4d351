// SPDX-License-Identifier: BSD-2-Clause

//! Every exception level at which firmware may enter the loader, by processor, memory size and kind
//! of kernel.

use anyhow::{Result, ensure};
use kaal_harness::probe::PASS;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};
use kaal_payload::PhysicalAddressBits;
use libtest_mimic::Trial;

use crate::image::Image;
use crate::{cpu_for, says, trial};

/// The exception level at which the loader is entered, and whether the processor has EL2.
const ENTRIES: [(&str, &str); 4] = [
    ("el1", "virt"),
    ("el2", "virt,virtualization=on"),
    ("el3_without_el2", "virt,secure=on"),
    ("el3", "virt,secure=on,virtualization=on"),
];

const PROCESSORS: [&str; 4] = ["cortex-a53", "cortex-a57", "cortex-a72", "max"];

const MEMORY_SIZES: [&str; 3] = ["256M", "1G", "4G"];

const KERNELS: [(&str, Program); 2] = [("ordinary", Program::Probe), ("hyp", Program::ProbeHyp)];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = vec![trial(
        workspace,
        "matrix::hyp_on_wrong_processors",
        hyp_on_wrong_processors,
    )];
    for (entry, machine) in ENTRIES {
        for cpu in PROCESSORS {
            for memory in MEMORY_SIZES {
                for (kernel, program) in KERNELS {
                    let name = format!("matrix::{entry}::{cpu}::{memory}::{kernel}");
                    let machine = Machine {
                        machine: machine.to_owned(),
                        cpu: cpu_for(program, cpu),
                        memory: memory.to_owned(),
                        ..Machine::ordinary()
                    };
                    trials.push(trial(workspace, name, move |workspace| {
                        check(workspace, entry, program, machine)
                    }));
                }
            }
        }
    }
    trials
}

fn check(workspace: &Workspace, entry: &str, probe: Program, machine: Machine) -> Result<()> {
    let image = Image::of(workspace, probe, machine)?;
    if probe == Program::ProbeHyp && image.machine.memory == "256M" {
        return is_refused_for_want_of_memory(workspace, &image);
    }
    image.pack(workspace)?;
    let expected = match (probe, entry) {
        (Program::ProbeHyp, "el1") => "but the firmware entered the loader at EL1",
        (Program::ProbeHyp, "el3_without_el2") => "which this processor does not have",
        _ => PASS,
    };
    let console = image.boot(expected)?;
    if expected == PASS && image.machine.cpu.starts_with("max") {
        says(&console, "task: executed PACGA")?;
    }
    Ok(())
}

/// seL4's hypervisor kernels refuse some processors, without a message if they can't print.
fn hyp_on_wrong_processors(workspace: &Workspace) -> Result<()> {
    for (cpu, bits, need) in [
        (
            "max",
            PhysicalAddressBits::FromProcessor,
            "ID_AA64MMFR0_EL1.TGran4 = 0",
        ),
        (
            "cortex-a53",
            PhysicalAddressBits::Bits44,
            "more bits of physical addresses",
        ),
    ] {
        let mut image = Image::hypervisor(workspace)?;
        image.machine.cpu = cpu.to_owned();
        image.pack(workspace)?;
        image.change_payload(|payload| payload.physical_address_bits = bits)?;
        image.boot(&format!(
            "the kernel has hypervisor support and needs {need}; "
        ))?;
    }
    Ok(())
}

/// The hyp probe lies at 0x60000000, which is not RAM of a machine with 256 MiB.
fn is_refused_for_want_of_memory(workspace: &Workspace, image: &Image) -> Result<()> {
    let Err(error) = image.pack(workspace) else {
        anyhow::bail!("the builder made an image that does not fit the machine");
    };
    let message = format!("{error:#}");
    ensure!(
        message.contains("--kernel") && message.contains("0x60000000") && message.contains("RAM"),
        "a refusal that names the memory expected, found: {message}"
    );
    Ok(())
}

// SPDX-License-Identifier: BSD-2-Clause

//! Kernels for several cores: every way to start a core, by the number of cores, the interrupt
//! controller, the exception level of the firmware and the kind of kernel.

use anyhow::Result;
use kaal_harness::probe::PASS;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::device_tree::{Method, edit, set_cores, set_psci};
use crate::firmware::{DTB_ADDRESS, boot_by, entry, run};
use crate::image::Image;
use crate::{cpu_for, says, trial};

/// The exception level at which the loader is entered, and the way to start cores. QEMU's firmware
/// answers HVC or SMC. Without it, all cores start at the loader's entry point.
const ENTRIES: [(&str, &str); 4] = [
    ("el1_hvc", "virt"),
    ("el2_smc", EL2),
    ("el3_pen_without_el2", "virt,secure=on"),
    ("el3_pen", EL3),
];

const EL2: &str = "virt,virtualization=on";
const EL3: &str = "virt,secure=on,virtualization=on";
const GICV3: &str = ",gic-version=3";

/// The number of cores, the processor, and the option that adds the interrupt controller to the
/// machine. [`crate::matrix`] boots one core and a GICv2.
const MACHINES: [(u32, &str, &str); 7] = [
    (2, "cortex-a35", ""),
    (4, "cortex-a53", ""),
    (8, "cortex-a57", ""),
    (1, "cortex-a53", GICV3),
    (2, "max", GICV3),
    (4, "cortex-a57", GICV3),
    (8, "cortex-a72", GICV3),
];

type Test = fn(&Workspace) -> Result<()>;

const TESTS: [(&str, Test); 16] = [
    (
        "unlike_the_interrupt_controller",
        unlike_the_interrupt_controller,
    ),
    ("more_cores_than_needed", more_cores_than_needed),
    ("spin_table", spin_table),
    ("another_cluster", another_cluster),
    ("firmwares_device_tree_is_enough", firmwares_tree_is_enough),
    ("fewer_in_firmwares_device_tree", fewer_in_firmwares_tree),
    ("fewer_than_device_tree_names", fewer_than_tree_names),
    ("one_twice", one_twice),
    ("one_that_does_not_look", one_that_does_not_look),
    ("one_that_is_not_in_the_pen", one_that_is_not_in_the_pen),
    ("no_way_to_start_one", no_way_to_start_one),
    ("words_in_the_image", words_in_the_image),
    ("probe_misses_one", probe_misses_one),
    ("probe_counts_one_too_many", probe_counts_one_too_many),
    ("probe_misses_interrupts", probe_misses_interrupts),
    ("fault_names_the_core", fault_names_the_core),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (entry, machine) in ENTRIES {
        for (cores, cpu, gic) in MACHINES {
            for (kernel, program) in [("ordinary", Program::Probe), ("hyp", Program::ProbeHyp)] {
                // Without EL2, the loader refuses a kernel for it.
                if program == Program::ProbeHyp && !machine.contains("virtualization=on") {
                    continue;
                }
                let version = if gic == GICV3 { 3 } else { 2 };
                let name = format!("smp::{entry}::{cores}_cores::gicv{version}::{kernel}");
                let machine = Machine {
                    machine: format!("{machine}{gic}"),
                    cpu: cpu_for(program, cpu),
                    cores,
                    ..Machine::ordinary()
                };
                trials.push(trial(workspace, name, move |workspace| {
                    let image = Image::of(workspace, program, machine)?;
                    image.pack(workspace)?;
                    image.boot(PASS).map(drop)
                }));
            }
        }
    }
    for (name, test) in TESTS {
        trials.push(trial(workspace, format!("smp::{name}"), test));
    }
    trials
}

/// QEMU's virt machine with `cores` cores.
fn machine(machine: &str, cores: u32) -> Machine {
    Machine {
        machine: machine.to_owned(),
        cores,
        ..Machine::ordinary()
    }
}

/// An image for the cores `mpidrs`, on a machine that may have others.
fn image(workspace: &Workspace, machine: Machine, mpidrs: &[u32], method: Method) -> Result<Image> {
    let mut image = Image::of(workspace, Program::Probe, machine)?;
    image.change_tree(|tree| set_cores(tree, mpidrs, method))?;
    image.wait_for(u32::try_from(mpidrs.len())?)?;
    Ok(image)
}

/// Cores that the kernel does not wait for stay off or in the pen.
fn more_cores_than_needed(workspace: &Workspace) -> Result<()> {
    for (options, cores) in [("virt", 2), (EL2, 3), (EL3, 3), (EL3, 1)] {
        let mut image = Image::of(workspace, Program::Probe, machine(options, 4))?;
        image.wait_for(cores)?;
        image.pack(workspace)?;
        image.boot(PASS)?;
    }
    Ok(())
}

/// The address of the words that cores poll: one for each core except the first.
const WORDS: u64 = 0x7e00_0000;

/// A firmware whose cores, except the first, each poll a word for an address, as device trees
/// describe it with `spin-table`.
fn spin_table(workspace: &Workspace) -> Result<()> {
    for (options, conduit) in [("virt", HVC), (EL2, SMC)] {
        let cores = [0, 1, 2, 3];
        let image = image(
            workspace,
            machine(options, 4),
            &cores,
            Method::SpinTable(WORDS),
        )?;
        image.pack(workspace)?;
        #[rustfmt::skip]
        let code = [
            0xd280_0073, //     mov  x19, #3
            0x5800_0260, // 1:  ldr  x0, =CPU_ON
            0xaa13_03e1, //     mov  x1, x19
            0x1000_0102, //     adr  x2, 2f
            0xaa1f_03e3, //     mov  x3, xzr
            conduit,
            0xf100_0673, //     subs x19, x19, #1
            0x54ff_ff41, //     b.ne 1b
            0xaa1f_03e0, //     mov  x0, xzr
            0x5800_01a1, //     ldr  x1, =entry
            0xd61f_0020, //     br   x1
            0xd538_00a3, // 2:  mrs  x3, mpidr_el1
            0x9240_1c63, //     and  x3, x3, #0xff
            0x5800_0161, //     ldr  x1, =WORDS
            0x8b03_0c21, //     add  x1, x1, x3, lsl #3
            0xd503_205f, // 3:  wfe
            0xf940_0022, //     ldr  x2, [x1]
            0xb4ff_ffc2, //     cbz  x2, 3b
            0xd61f_0040, //     br   x2
            0xd503_201f, //     nop
        ];
        boot_by(&image, &code, &[CPU_ON, entry(&image)?, WORDS], None, PASS)?;
    }
    Ok(())
}

/// PSCI's CPU_ON
const CPU_ON: u64 = 0xc400_0003;

/// `hvc #0`
const HVC: u32 = 0xd400_0002;

/// `smc #0`
const SMC: u32 = 0xd400_0003;

/// A GICv2 has its own numbers for cores, and seL4 relies on them. A GICv3 uses their affinity.
fn unlike_the_interrupt_controller(workspace: &Workspace) -> Result<()> {
    for options in ["virt", EL3] {
        let image = image(workspace, machine(options, 3), &[0, 2], Method::Psci)?;
        image.pack(workspace)?;
        image.boot("error: core 1, MPIDR 0x2, has the number 2 in the interrupt controller")?;
    }
    let machine = machine("virt,gic-version=3", 3);
    let image = image(workspace, machine, &[0, 2], Method::Psci)?;
    image.pack(workspace)?;
    image.boot(PASS).map(drop)
}

/// QEMU gives the seventeenth core an affinity of 1.0.
fn another_cluster(workspace: &Workspace) -> Result<()> {
    for options in ["virt,gic-version=3", "virt,secure=on,gic-version=3"] {
        let image = image(workspace, machine(options, 17), &[0, 0x100], Method::Psci)?;
        image.pack(workspace)?;
        image.boot(PASS)?;
    }
    Ok(())
}

fn firmwares_tree_is_enough(workspace: &Workspace) -> Result<()> {
    let mut image = Image::of(workspace, Program::Probe, machine("virt", 4))?;
    let dtb = image.inputs.device_tree.take();
    let messages = image.pack(workspace)?;
    says(
        &messages,
        "waits for cores, but nothing in the image names them",
    )?;
    run(&image, dtb, DTB_ADDRESS, PASS).map(drop)
}

fn fewer_in_firmwares_tree(workspace: &Workspace) -> Result<()> {
    let image = Image::of(workspace, Program::Probe, machine("virt", 4))?;
    image.pack(workspace)?;
    let dtb = image.file("firmware.dtb");
    machine("virt", 3).dump_device_tree(&dtb)?;
    let expected = "KaaL: error: the kernel waits for 4 cores, the device tree names 3";
    run(&image, Some(dtb), DTB_ADDRESS, expected).map(drop)
}

fn fewer_than_tree_names(workspace: &Workspace) -> Result<()> {
    for (options, cores) in [("virt", 2), (EL2, 3)] {
        let image = image(
            workspace,
            machine(options, cores),
            &[0, 1, 2, 3],
            Method::Psci,
        )?;
        image.pack(workspace)?;
        let expected = format!("error: core {cores}, MPIDR {cores:#x} does not start: PSCI: ");
        let console = image.boot("KaaL: powering off")?;
        says(&console, &(expected + "invalid parameters"))?;
    }
    Ok(())
}

/// The builder refuses such a device tree, so the firmware has it.
fn one_twice(workspace: &Workspace) -> Result<()> {
    let image = Image::of(workspace, Program::Probe, machine("virt", 3))?;
    image.pack(workspace)?;
    let dtb = image.file("firmware.dtb");
    image.machine.dump_device_tree(&dtb)?;
    edit(&dtb, |tree| set_cores(tree, &[0, 1, 1], Method::Psci))?;
    let expected = "KaaL: error: the kernel waits for 3 cores, the device tree names 2";
    run(&image, Some(dtb), DTB_ADDRESS, expected).map(drop)
}

fn one_that_does_not_look(workspace: &Workspace) -> Result<()> {
    let machine = machine("virt", 2);
    let image = image(workspace, machine, &[0, 1], Method::SpinTable(WORDS))?;
    image.pack(workspace)?;
    image
        .boot("KaaL: error: core 1, MPIDR 0x1 does not start: it did not come up in time")
        .map(drop)
}

fn one_that_is_not_in_the_pen(workspace: &Workspace) -> Result<()> {
    let image = image(workspace, machine(EL3, 2), &[0, 1, 7], Method::Psci)?;
    image.pack(workspace)?;
    image
        .boot("KaaL: error: core 2, MPIDR 0x7 does not start: it did not come up in time")
        .map(drop)
}

/// Without PSCI, or with one that can't be called from the exception level at which the loader is
/// entered.
fn no_way_to_start_one(workspace: &Workspace) -> Result<()> {
    for (options, psci) in [("virt", None), (EL2, Some("hvc"))] {
        let image = Image::of(workspace, Program::Probe, machine(options, 2))?;
        image.change_tree(|tree| set_psci(tree, psci))?;
        image.pack(workspace)?;
        image.boot("KaaL: error: core 1, MPIDR 0x1 does not start: the device tree names no")?;
    }
    Ok(())
}

/// By the firmware's device tree, a core polls a word in memory of the image. The builder avoids the words of the
/// embedded tree.
fn words_in_the_image(workspace: &Workspace) -> Result<()> {
    let image = Image::of(workspace, Program::Probe, machine("virt", 2))?;
    image.pack(workspace)?;
    let (loader, tables, slot) = image.payload(|payload| {
        let slot = payload.device_tree;
        let end = slot.start.0 + slot.capacity;
        (payload.load_address.0, payload.tables.ttbr0.0, end - 8)
    })?;
    for word in [loader, tables, slot] {
        let dtb = image.file("firmware.dtb");
        image.machine.dump_device_tree(&dtb)?;
        // Core 1 polls the second word.
        let words = Method::SpinTable(word - 8);
        edit(&dtb, |tree| set_cores(tree, &[0, 1], words))?;
        let expected = format!("KaaL: error: the core with MPIDR 0x1 polls {word:#x} in the image");
        run(&image, Some(dtb), DTB_ADDRESS, &expected)?;
    }
    Ok(())
}

fn probe_misses_one(workspace: &Workspace) -> Result<()> {
    let mut image = Image::of(workspace, Program::Probe, machine("virt", 2))?;
    image.inputs.cores = Some(1);
    image.pack(workspace)?;
    image
        .boot("probe: FAIL  cores: expected 0x2, found 0x1")
        .map(drop)
}

fn probe_counts_one_too_many(workspace: &Workspace) -> Result<()> {
    let mut image = Image::of(workspace, Program::Probe, machine("virt", 3))?;
    image.wait_for(2)?;
    image.inputs.cores = Some(3);
    image.pack(workspace)?;
    image
        .boot("probe: FAIL  cores: expected 0x2, found 0x3")
        .map(drop)
}

/// Without the interrupt controller, the loader can't make interrupts non-secure.
fn probe_misses_interrupts(workspace: &Workspace) -> Result<()> {
    for gic in ["", GICV3] {
        let image = Image::of(
            workspace,
            Program::Probe,
            machine(&format!("{EL3}{gic}"), 2),
        )?;
        image.pack(workspace)?;
        image.change_payload(|payload| payload.machine.gic = None)?;
        let console = image.boot("rows ok")?;
        for row in [
            "FAIL  virtual timer's interrupt can be enabled",
            "FAIL  core 1: virtual timer's interrupt can be enabled",
            "FAIL  UART's interrupt can be enabled",
        ] {
            says(&console, row)?;
        }
    }
    Ok(())
}

/// Only cores that were started execute an undefined instruction.
fn fault_names_the_core(workspace: &Workspace) -> Result<()> {
    // mrs x9, tpidr_el1; cbz x9, .; udf #0
    let code = [0xd538_d089, 0xb400_0009, 0];
    let image = Image::of(workspace, Program::Probe, machine("virt", 2))?;
    let console = crate::faults::boot(image, workspace, &code)?;
    says(&console, "fault: undefined instruction")?;
    says(&console, "at EL1, on core 1")
}

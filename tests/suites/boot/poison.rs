// SPDX-License-Identifier: BSD-2-Clause

//! A firmware that leaves harmful values in all registers that the loader must set.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use kaal_harness::elf;
use kaal_harness::firmware::device;
use kaal_harness::probe::PASS;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::firmware::{boot_by, entry};
use crate::image::Image;
use crate::{cpu_for, says, trial};

/// The exception level at which the loader is entered.
const ENTRIES: [(u32, &str); 3] = [
    (1, "virt"),
    (2, "virt,virtualization=on"),
    (3, "virt,secure=on,virtualization=on"),
];

const PROCESSORS: [&str; 4] = ["cortex-a53", "cortex-a57", "cortex-a72", "max"];

/// The address of the word that names the loader's entry point to the firmware.
const JOB_ADDRESS: u64 = 0x7e00_0000;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = vec![
        trial(workspace, "poison::pending_serror", pending_serror),
        trial(workspace, "poison::every_row", every_row),
        trial(workspace, "poison::all_cores", |workspace| {
            boot(workspace, Program::Probe, 3, "cortex-a57", 4, 3).map(drop)
        }),
    ];
    for (level, _) in ENTRIES {
        for cpu in PROCESSORS {
            for gic in [2, 3] {
                for (kernel, program) in [("ordinary", Program::Probe), ("hyp", Program::ProbeHyp)]
                {
                    if program == Program::ProbeHyp && level == 1 {
                        continue;
                    }
                    let name = format!("poison::el{level}::{cpu}::gicv{gic}::{kernel}");
                    trials.push(trial(workspace, name, move |workspace| {
                        boot(workspace, program, level, cpu, 1, gic).map(drop)
                    }));
                }
            }
        }
    }
    trials
}

/// Boots a probe kernel behind the firmware. Returns the console.
fn boot(
    workspace: &Workspace,
    probe: Program,
    level: u32,
    cpu: &str,
    cores: u32,
    gic: u32,
) -> Result<String> {
    let (_, options) = ENTRIES[level as usize - 1];
    let image = Image::of(
        workspace,
        probe,
        Machine {
            machine: format!("{options},gic-version={gic}"),
            cpu: cpu_for(probe, cpu),
            cores,
            ..Machine::ordinary()
        },
    )?;
    image.pack(workspace)?;
    let firmware = workspace.program(Program::Poison);
    let start = elf::entry(&fs::read(&firmware)?)?;
    let mut arguments = device(format!("file={}", firmware.display()));
    let loader = entry(&image)?;
    arguments.extend(device(format!(
        "addr={JOB_ADDRESS:#x},data={loader:#x},data-len=8"
    )));
    for core in 0..cores {
        arguments.extend(device(format!("addr={start:#x},cpu-num={core}")));
    }
    image.boot_with(&arguments, PASS)
}

/// The source with the registers that the loader sets.
const ROWS: &str = "elfloader/loader/src/system_registers.rs";

/// Registers that no software can change in QEMU 7.2. Later releases have HCRX_EL2.
const CONSTANT: [&str; 4] = ["HCRX_EL2", "ICC_SRE_EL2", "ICC_SRE_EL3", "LORC_EL1"];

/// The firmware poisons each register that the loader sets, if the processor has it.
fn every_row(workspace: &Workspace) -> Result<()> {
    let source = fs::read_to_string(workspace.root().join(ROWS))?;
    let (_, rows) = source
        .split_once("\nrows! {")
        .context("there are no rows")?;
    let names: BTreeSet<_> = rows
        .lines()
        .filter_map(|line| line.split_once(" <- ")?.0.split_whitespace().next())
        .collect();
    ensure!(names.len() > 30, "{names:?}");
    let console = boot(workspace, Program::Probe, 3, "max", 1, 3)?;
    for name in names {
        let poisoned = ["poisoned", "absent"].map(|fate| format!("poison: {name} {fate}\r\n"));
        ensure!(
            CONSTANT.contains(&name) || poisoned.iter().any(|line| console.contains(line)),
            "{name} is not poisoned:\n{console}"
        );
    }
    Ok(())
}

/// QEMU has no SError but a virtual one, which EL2 makes pending for EL1.
fn pending_serror(workspace: &Workspace) -> Result<()> {
    /// HCR_EL2: VSE and AMO make an SError pending; EL1 is AArch64 (RW).
    const HCR: u64 = 1 << 8 | 1 << 5 | 1 << 31;
    /// SPSR_EL2: EL1 with SP_EL1, interrupts masked.
    const SPSR: u64 = 0b1111 << 6 | 0b0101;

    let mut image = Image::ordinary(workspace)?;
    image.machine.machine = "virt,virtualization=on".to_owned();
    image.pack(workspace)?;
    let code = [
        0x5800_0101, // ldr x1, =HCR
        0xd51c_1101, // msr hcr_el2, x1
        0x5800_0101, // ldr x1, =SPSR
        0xd51c_4001, // msr spsr_el2, x1
        0x5800_0101, // ldr x1, =entry
        0xd51c_4021, // msr elr_el2, x1
        0xaa1f_03e0, // mov x0, xzr
        0xd69f_03e0, // eret
    ];
    let console = boot_by(&image, &code, &[HCR, SPSR, entry(&image)?], None, "power")?;
    ensure!(!console.contains("probe:"), "{console}");
    says(
        &console,
        "KaaL: fault: SError interrupt from the same exception level",
    )
}

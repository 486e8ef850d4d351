// SPDX-License-Identifier: BSD-2-Clause

//! Kernels that fault before they have their own exception vectors. Without vectors, such a machine
//! is silent.

use anyhow::Result;
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;

use crate::image::{Image, change_file};
use crate::{says, trial};

/// `udf #0`
pub(crate) const UNDEFINED: [u32; 1] = [0x0000_0000];

/// `mov x9, #0x1000; ldr x9, [x9]`
const LOAD_FROM_0X1000: [u32; 2] = [0xd282_0009, 0xf940_0129];

/// `hvc #0`
const HYPERVISOR_CALL: [u32; 1] = [0xd400_0002];

/// `mrs x0, SCXTNUM_EL1`, which needs SCR_EL3.EnSCXT
const READ_SCXTNUM_EL1: [u32; 1] = [0xd538_d0e0];

/// `msr SPSel, #0; udf #0`
const UNDEFINED_WITH_SP_EL0: [u32; 2] = [0xd500_40bf, 0x0000_0000];

/// `msr CPACR_EL1, xzr; isb; udf #0`
const UNDEFINED_WITHOUT_VECTORS_AT_EL1: [u32; 3] = [0xd518_105f, 0xd503_3fdf, 0x0000_0000];

/// `mov x9, #0x37ff; msr CPTR_EL2, x9; isb; udf #0`: the same by CPTR_EL2.TFP
const UNDEFINED_WITHOUT_VECTORS_AT_EL2: [u32; 4] =
    [0xd286_ffe9, 0xd51c_1149, 0xd503_3fdf, 0x0000_0000];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        trial(
            workspace,
            "faults::undefined_instruction_at_el1",
            |workspace| {
                let console = boot(Image::ordinary(workspace)?, workspace, &UNDEFINED)?;
                says(
                    &console,
                    "fault: undefined instruction from the same exception level",
                )?;
                says(&console, "ELR 0xffffff8040000000")?;
                says(&console, "at EL1")
            },
        ),
        trial(
            workspace,
            "faults::undefined_instruction_at_el2",
            |workspace| {
                let console = boot(Image::hypervisor(workspace)?, workspace, &UNDEFINED)?;
                says(
                    &console,
                    "fault: undefined instruction from the same exception level",
                )?;
                says(&console, "ELR 0x8060000000")?;
                says(&console, "at EL2")
            },
        ),
        trial(
            workspace,
            "faults::undefined_instruction_with_sp_el0",
            |workspace| {
                let console = boot(
                    Image::ordinary(workspace)?,
                    workspace,
                    &UNDEFINED_WITH_SP_EL0,
                )?;
                says(
                    &console,
                    "fault: undefined instruction from the same exception level",
                )?;
                says(&console, "ELR 0xffffff8040000004, ")
            },
        ),
        trial(
            workspace,
            "faults::vector_registers_off_at_el1",
            |workspace| {
                let image = Image::ordinary(workspace)?;
                let console = boot(image, workspace, &UNDEFINED_WITHOUT_VECTORS_AT_EL1)?;
                says(&console, "ELR 0xffffff8040000008, ")
            },
        ),
        trial(
            workspace,
            "faults::vector_registers_off_at_el2",
            |workspace| {
                let image = Image::hypervisor(workspace)?;
                let console = boot(image, workspace, &UNDEFINED_WITHOUT_VECTORS_AT_EL2)?;
                says(&console, "ELR 0x806000000c, ")
            },
        ),
        trial(workspace, "faults::entered_at_el2", |workspace| {
            undefined_instruction_below(workspace, "virt,virtualization=on")
        }),
        trial(workspace, "faults::entered_at_el3", |workspace| {
            undefined_instruction_below(workspace, "virt,secure=on")
        }),
        trial(workspace, "faults::data_abort", |workspace| {
            let console = boot(Image::ordinary(workspace)?, workspace, &LOAD_FROM_0X1000)?;
            says(&console, "fault: data abort (translation fault, level ")?;
            says(&console, "ELR 0xffffff8040000004, FAR 0x1000")
        }),
        trial(
            workspace,
            "faults::trap_to_el2_that_was_left",
            |workspace| {
                let machine = "virt,virtualization=on";
                trap_leads_nowhere(workspace, machine, HYPERVISOR_CALL, "EL2")
            },
        ),
        trial(
            workspace,
            "faults::trap_to_el3_that_was_left",
            |workspace| trap_leads_nowhere(workspace, "virt,secure=on", READ_SCXTNUM_EL1, "EL3"),
        ),
    ]
}

/// The kernel hands out the loader's memory, so no trap may end there, not even that of its first
/// instruction.
fn trap_leads_nowhere(
    workspace: &Workspace,
    machine: &str,
    instruction: [u32; 1],
    level: &str,
) -> Result<()> {
    let mut image = Image::ordinary(workspace)?;
    image.machine.machine = machine.to_owned();
    image.machine.cpu = "max".to_owned();
    plant(&image, &instruction)?;
    image.pack(workspace)?;
    let log = ["-d", "int", "-D", "/dev/stdout"].map(str::to_owned);
    // The second exception: there is nothing at the vector of the first.
    let expected = format!("...to {level} PC 0xfffffffffffffa00");
    let console = image.boot_with(&log, &expected)?;
    says(&console, "entering the kernel at")?;
    says(&console, &format!("...from EL1 to {level}"))
}

/// The vectors at EL1 must be set even if the loader was entered above EL1.
fn undefined_instruction_below(workspace: &Workspace, machine: &str) -> Result<()> {
    let mut image = Image::ordinary(workspace)?;
    image.machine.machine = machine.to_owned();
    let console = boot(image, workspace, &UNDEFINED)?;
    says(
        &console,
        "fault: undefined instruction from the same exception level",
    )?;
    says(&console, "at EL1")
}

/// Boots `image` with `instructions` in place of the kernel's first ones.
pub(crate) fn boot(image: Image, workspace: &Workspace, instructions: &[u32]) -> Result<String> {
    plant(&image, instructions)?;
    image.pack(workspace)?;
    // The last line reports the power-off or its failure.
    let console = image.boot("power")?;
    says(
        &console,
        "while entering the kernel, or in it before it had its own vectors",
    )?;
    Ok(console)
}

/// Puts `instructions` in place of the kernel's first ones.
pub(crate) fn plant(image: &Image, instructions: &[u32]) -> Result<()> {
    /// The start of the linker script's only segment in the probe's ELF file.
    const ENTRY_OFFSET: usize = 0x1000;

    change_file(&image.inputs.kernel, |kernel| {
        let bytes = instructions.iter().flat_map(|word| word.to_le_bytes());
        for (place, byte) in kernel[ENTRY_OFFSET..].iter_mut().zip(bytes) {
            *place = byte;
        }
        Ok(())
    })
}

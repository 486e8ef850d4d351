// SPDX-License-Identifier: BSD-2-Clause

//! What users see of a real kernel that refuses to boot: its reason, or nothing if it is a kernel to ship. `check` knows
//! the reason in any case.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use goblin::elf64::program_header::{PT_LOAD, SIZEOF_PHDR};
use kaal_harness::image::Inputs;
use kaal_harness::qemu::{self, End, Watch};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::says;
use crate::sel4::kernel_trial;

/// seL4's message (seL4 16.0.0, `src/kernel/boot.c`, `provide_cap`).
const REASON: &str = "can't add another cap";

/// The loader's last words, in the last line of a boot that a silent kernel refuses.
const ENTERING: &str = ", entering the kernel at ";

/// The time to wait for a kernel that says nothing.
const SILENCE: Duration = Duration::from_secs(20);

/// Offset of `p_memsz` in a program header.
const MEMORY_SIZE: usize = 40;

const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn trial(workspace: &Workspace) -> Trial {
    kernel_trial(workspace, "sel4::refuses_to_boot", refuses)
}

fn refuses(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let app = scratch.path().join("app.elf");
    let inputs = kernel.inputs(workspace, &app);
    let config = inputs.kernel_config.context("no gen_config.json")?;
    let platform = inputs.platform.context("no platform_gen.yaml")?;
    fs::write(&app, with_too_many_pages(workspace, &config)?)?;

    // Without these files, the builder doesn't know that the kernel refuses the image.
    let inputs = Inputs {
        kernel_config: None,
        platform: None,
        ..kernel.inputs(workspace, &app)
    };
    let image = scratch.path().join("bootimage");
    inputs.pack(workspace, &image)?;
    let watch = Watch {
        expect: kernel.prints().then(|| REASON.to_owned()),
        limit: Some(if kernel.prints() { LIMIT } else { SILENCE }),
        ..Watch::default()
    };
    let report = qemu::run(inputs.boot(&kernel.machine()?, &image), &watch)?;
    let console = report.console;
    match kernel.prints() {
        true => ensure!(report.end == End::Expected, "no {REASON:?}:\n{console}"),
        false => {
            ensure!(report.end == End::TimedOut, "{:?}:\n{console}", report.end);
            let last = console.lines().last().unwrap_or_default();
            ensure!(last.contains(ENTERING), "the loader isn't last:\n{console}");
        }
    }

    let mut check = Command::new(workspace.builder());
    check.arg("check").arg(&image);
    check.arg("--kernel-config").arg(config);
    check.arg("--platform").arg(platform);
    let checked = check.output().context("failed to start the builder")?;
    ensure!(checked.status.code() == Some(1), "{checked:?}");
    says(
        &String::from_utf8_lossy(&checked.stderr),
        "(rule root-cnode)",
    )
}

/// The probe's task with as many pages as the kernel has capability slots.
fn with_too_many_pages(workspace: &Workspace, config: &Path) -> Result<Vec<u8>> {
    let config: Value = serde_json::from_slice(&fs::read(config)?)?;
    let bits = config["ROOT_CNODE_SIZE_BITS"].as_str().context("no size")?;
    let mut task = fs::read(workspace.program(Program::ProbeTask))?;
    let elf = Elf::parse(&task)?;
    let mut segments = elf.program_headers.iter();
    let last = segments.rposition(|segment| segment.p_type == PT_LOAD);
    let header = last.context("no segment")? * SIZEOF_PHDR + usize::try_from(elf.header.e_phoff)?;
    let size = 4096u64 << bits.parse::<u32>()?;
    let field = task.get_mut(header + MEMORY_SIZE..);
    let field = field.and_then(|field| field.first_chunk_mut());
    *field.context("no program header")? = size.to_le_bytes();
    Ok(task)
}

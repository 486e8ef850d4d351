// SPDX-License-Identifier: BSD-2-Clause

//! Compares the predictions of `check` with the boot information of a real kernel.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use kaal_harness::image::Inputs;
use kaal_harness::process;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::sel4::{BOOTED, printing_trial};

/// The time limit of a boot.
const LIMIT: Duration = Duration::from_secs(60);

/// Size in bytes of the boot information.
const SIZE: usize = 4096;

/// Offsets of words in the boot information (seL4 16.0.0, `libsel4/include/sel4/bootinfo_types.h`).
const FIRST_EMPTY_SLOT: usize = 5;
const CORES: usize = 2;
const UNTYPED: usize = 19;

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let tests: [(&str, &[&str]); 3] = [
        ("sel4::boots_as_predicted", &[]),
        (
            "sel4::boots_as_predicted_at_an_offset",
            &["--app-offset", "0x1b47000"],
        ),
        (
            "sel4::boots_as_predicted_with_a_larger_device_tree",
            &["--bootargs", LONG],
        ),
    ];
    let below_the_objects = printing_trial(
        workspace,
        "sel4::boots_as_predicted_below_its_objects",
        compare_below_the_objects,
    );
    tests
        .into_iter()
        .map(|(name, flags)| {
            printing_trial(workspace, name, |workspace, kernel| {
                compare(workspace, kernel, flags)
            })
        })
        .chain([below_the_objects])
        .collect()
}

/// Text that makes the device tree longer than a page.
const LONG: &str = include_str!("boot_information.rs").split_at(700).0;

/// The boot information of a kernel.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    /// The number of used slots.
    slots: u64,
    /// The numbers of untyped pieces of device memory and of RAM.
    devices: u64,
    ram: u64,
}

fn compare(workspace: &Workspace, kernel: &Kernel, flags: &[&str]) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage.elf");
    let inputs = kernel.inputs(workspace, &workspace.program(Program::ProbeTask));
    let prediction = predict(workspace, &inputs, &image, flags)?;
    let (address, predicted) =
        read_prediction(&prediction).with_context(|| format!("can't read:\n{prediction}"))?;

    let boot = inputs.boot(&kernel.machine()?, &image);
    let bytes = boot_information(boot, scratch.path(), address)?;
    let found = read_boot_information(&bytes)?;
    ensure!(
        found == predicted,
        "{predicted:?} predicted, {found:?} found"
    );
    Ok(())
}

/// With the user image 1 MiB below the objects that the kernel makes for it: the loader behind it would
/// lie in those objects, and other cores would crash.
fn compare_below_the_objects(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let image = scratch.path().join("bootimage.elf");
    let inputs = kernel.inputs(workspace, &workspace.program(Program::ProbeTask));
    let report = predict(workspace, &inputs, &image, &[])?;
    let address = |rule, before| {
        let (_, rest) = line(&report, rule)?.split_once(before)?;
        let (address, _) = rest.strip_prefix("0x")?.split_once("..")?;
        u64::from_str_radix(address, 16).ok()
    };
    let (objects, kernel_start) = address("root-objects", " bytes at ")
        .zip(address("order", "kernel "))
        .with_context(|| format!("can't read:\n{report}"))?;
    let offset = format!("{:#x}", objects - (1 << 20) - kernel_start);
    compare(workspace, kernel, &["--app-offset", &offset])
}

/// Packs an image and returns the report of `check`.
fn predict(workspace: &Workspace, inputs: &Inputs, image: &Path, flags: &[&str]) -> Result<String> {
    process::run(inputs.command(workspace, image).args(flags))?;
    let mut check = Command::new(workspace.builder());
    check
        .arg("check")
        .arg(image)
        .arg("--kernel")
        .arg(&inputs.kernel);
    for (flag, file) in [
        ("--platform", &inputs.platform),
        ("--kernel-config", &inputs.kernel_config),
    ] {
        check.arg(flag).arg(
            file.as_ref()
                .with_context(|| format!("no file for {flag}"))?,
        );
    }
    process::read(&mut check)
}

/// The text of `report` about `rule`, which the image keeps.
fn line<'a>(report: &'a str, rule: &str) -> Option<&'a str> {
    let mut lines = report.lines();
    let line = lines.find(|line| line.split_whitespace().nth(1) == Some(rule))?;
    line.strip_prefix("ok")?
        .trim_start()
        .strip_prefix(rule)
        .map(str::trim)
}

/// The predicted address and content of the boot information.
fn read_prediction(report: &str) -> Option<(u64, Left)> {
    let line = |rule| line(report, rule);
    let number = |text: &str| text.split(' ').next()?.parse::<u64>().ok();
    let (_, address) = line("root-objects")?.rsplit_once("boot information at 0x")?;
    let (_, untyped) = line("untypeds")?.split_once(": ")?;
    let (devices, ram) = untyped.split_once(", ")?;
    let left = Left {
        slots: number(line("root-cnode")?)?,
        devices: number(devices)?,
        ram: number(ram)?,
    };
    Some((u64::from_str_radix(address, 16).ok()?, left))
}

/// Reads the boot information in `bytes`.
fn read_boot_information(bytes: &[u8]) -> Result<Left> {
    let words: Vec<_> = bytes
        .chunks_exact(8)
        .map(|word| word.try_into().map(u64::from_le_bytes))
        .collect::<Result<_, _>>()?;
    let slots = words[FIRST_EMPTY_SLOT];
    ensure!(
        (1..=8).contains(&words[CORES]),
        "no boot information: {words:x?}"
    );
    // An MCS kernel has one more pair of words before it.
    let untyped = [UNTYPED, UNTYPED + 2]
        .into_iter()
        .find(|&index| words[index + 1] == slots)
        .context("no untyped memory before the empty slots")?;
    let count = (words[untyped + 1] - words[untyped]) as usize;
    let list = words[untyped + 2..].chunks_exact(2).take(count);
    let devices = list.filter(|entry| entry[1] >> 8 & 1 == 1).count();
    Ok(Left {
        slots,
        devices: devices as u64,
        ram: (count - devices) as u64,
    })
}

/// Boots until the kernel has written the boot information, and returns the memory at `address`.
fn boot_information(mut boot: Command, scratch: &Path, address: u64) -> Result<Vec<u8>> {
    let (console, memory) = (scratch.join("console"), scratch.join("memory"));
    File::create(&console)?;
    boot.arg("-serial")
        .arg(format!("file:{}", console.display()));
    boot.args(["-qmp", "stdio"]);
    let mut qemu = Qemu(boot.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?);
    let mut commands = qemu.0.stdin.take().context("QEMU takes no commands")?;
    let started = Instant::now();
    while !fs::read_to_string(&console)?.contains(BOOTED) {
        if started.elapsed() > LIMIT {
            bail!("{BOOTED:?} expected:\n{}", fs::read_to_string(&console)?);
        }
        thread::sleep(Duration::from_millis(20));
    }
    writeln!(commands, "{{\"execute\": \"qmp_capabilities\"}}")?;
    writeln!(
        commands,
        "{{\"execute\": \"pmemsave\", \"arguments\": \
         {{\"val\": {address}, \"size\": {SIZE}, \"filename\": \"{}\"}}}}",
        memory.display()
    )?;
    writeln!(commands, "{{\"execute\": \"quit\"}}")?;
    qemu.0.wait()?;
    fs::read(&memory).context("QEMU saved no memory")
}

/// A QEMU that ends with the test.
struct Qemu(Child);

impl Drop for Qemu {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

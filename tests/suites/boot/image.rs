// SPDX-License-Identifier: BSD-2-Clause

//! Packs, changes and boots an image under test.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use dtoolkit::model::DeviceTree;
use kaal_harness::firmwares::Start;
pub(crate) use kaal_harness::image::crc32c;
use kaal_harness::image::{Inputs, payload_header};
use kaal_harness::probe::{self, Expected};
use kaal_harness::qemu::{self, End, Machine, Report, Typed, Watch};
use kaal_harness::workspace::{Program, Workspace};
use kaal_payload::{MAGIC, MAX_SIZE, Payload, Region, VERSION};
use tempfile::TempDir;
use zerocopy::IntoBytes;

use crate::device_tree::edit;

/// The time limit of a boot. It only ends hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// The time after which a silent image counts as silent.
const SILENCE: Duration = Duration::from_secs(2);

/// An image of a probe kernel, and the machine that it boots on.
pub(crate) struct Image {
    pub(crate) machine: Machine,
    pub(crate) inputs: Inputs,
    /// More arguments for the builder.
    pub(crate) flags: Vec<&'static str>,
    scratch: TempDir,
}

impl Image {
    /// An image of `probe`, with the device tree of `machine`.
    pub(crate) fn of(workspace: &Workspace, probe: Program, machine: Machine) -> Result<Self> {
        let task = fs::read(workspace.program(Program::ProbeTask))?;
        Self::with_task(workspace, probe, &task, machine)
    }

    /// An image of `probe` for QEMU's `machine` with a Cortex-A57.
    pub(crate) fn on(workspace: &Workspace, probe: Program, machine: &str) -> Result<Self> {
        let machine = Machine {
            machine: machine.to_owned(),
            cpu: "cortex-a57".to_owned(),
            ..Machine::ordinary()
        };
        Self::of(workspace, probe, machine)
    }

    /// Like [`Self::of`], with the ELF file `task` as the user image.
    pub(crate) fn with_task(
        workspace: &Workspace,
        probe: Program,
        task: &[u8],
        machine: Machine,
    ) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let file = scratch.path().join("task.elf");
        fs::write(&file, task)?;
        let inputs = Inputs::probe_with(workspace, probe, &file, None, &machine, scratch.path())?;
        Ok(Self {
            inputs,
            machine,
            flags: Vec::new(),
            scratch,
        })
    }

    /// An image of the probe kernel for EL1.
    pub(crate) fn ordinary(workspace: &Workspace) -> Result<Self> {
        Self::of(workspace, Program::Probe, Machine::ordinary())
    }

    /// An image of the probe kernel for EL2.
    pub(crate) fn hypervisor(workspace: &Workspace) -> Result<Self> {
        Self::of(workspace, Program::ProbeHyp, Machine::hypervisor())
    }

    /// Sets the number of cores of the image and the probe.
    pub(crate) fn wait_for(&mut self, cores: u32) -> Result<()> {
        self.inputs.cores = Some(cores);
        change_file(&self.inputs.kernel, |probe| {
            Expected::Cores(cores).supply(probe)
        })
    }

    /// Changes the device tree that the image embeds.
    pub(crate) fn change_tree(
        &self,
        change: impl FnOnce(&mut DeviceTree) -> Result<()>,
    ) -> Result<()> {
        let file = self.inputs.device_tree.as_deref();
        edit(file.context("no device tree")?, change)
    }

    /// A file that belongs to this test.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// The folder of this test's files.
    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The packed image.
    pub(crate) fn path(&self) -> PathBuf {
        self.file("bootimage.elf")
    }

    /// Packs the image and returns the builder's output.
    pub(crate) fn pack(&self, workspace: &Workspace) -> Result<String> {
        self.pack_for(workspace, None)
    }

    /// Like [`Self::pack`], for a firmware with the device tree `firmware`. The probe expects that
    /// tree, or the embedded one without it.
    pub(crate) fn pack_for(
        &self,
        workspace: &Workspace,
        firmware: Option<&Path>,
    ) -> Result<String> {
        let trees = firmware
            .into_iter()
            .chain(self.inputs.device_tree.as_deref());
        let mut checksums = trees.filter_map(|tree| {
            let tree = fs::read(tree).ok()?;
            probe::device_tree_crc32c(&tree).ok()
        });
        if let Some(checksum) = checksums.next() {
            change_file(&self.inputs.kernel, |kernel| {
                Expected::DeviceTreeCrc32c(checksum).supply(kernel)
            })?;
        }
        let mut command = self.inputs.command(workspace, &self.path());
        let output = command.args(&self.flags).output()?;
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{messages}");
        Ok(messages)
    }

    /// Changes the packed image.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        change_file(&self.path(), change)
    }

    /// The result of `look` for the payload header of the packed image.
    pub(crate) fn payload<T>(&self, look: impl FnOnce(&Payload<'_>) -> T) -> Result<T> {
        let (_, page) = payload_header(&fs::read(self.path())?)?;
        Ok(look(&Payload::parse(page.as_bytes(), crc32c)?))
    }

    /// Changes the payload header of the packed image, and corrects its checksum.
    pub(crate) fn change_payload(&self, change: impl FnOnce(&mut Payload<'_>)) -> Result<()> {
        self.change(|image| {
            let (stored, page) = payload_header(image)?;
            let mut payload = Payload::parse(page.as_bytes(), crc32c)?;
            change(&mut payload);
            write_payload(&mut image[stored], &payload)
        })
    }

    /// Changes the payload header's regions, and corrects its checksum.
    pub(crate) fn change_regions(&self, change: impl FnOnce(&mut Vec<Region>)) -> Result<()> {
        let mut regions = self.payload(|payload| payload.regions.to_vec())?;
        change(&mut regions);
        self.change(|image| {
            let (stored, page) = payload_header(image)?;
            let payload = Payload {
                regions: &regions,
                ..Payload::parse(page.as_bytes(), crc32c)?
            };
            write_payload(&mut image[stored], &payload)
        })
    }

    /// Boots the packed image until it prints `expected`, and returns the console.
    pub(crate) fn boot(&self, expected: &str) -> Result<String> {
        self.boot_with(&[], expected)
    }

    /// Like [`Self::boot`], with more arguments for QEMU.
    pub(crate) fn boot_with(&self, arguments: &[String], expected: &str) -> Result<String> {
        self.boot_loaded(&[&self.as_kernel(), arguments].concat(), expected)
    }

    /// Like [`Self::boot`], with arguments for QEMU that load and start the image.
    pub(crate) fn boot_loaded(&self, arguments: &[String], expected: &str) -> Result<String> {
        self.boot_typed(arguments, &[], expected)
    }

    /// Like [`Self::boot_loaded`], with input on the console.
    pub(crate) fn boot_typed(
        &self,
        arguments: &[String],
        typed: &[Typed],
        expected: &str,
    ) -> Result<String> {
        let report = self.run(arguments, typed, Some(expected), LIMIT)?;
        match report.end {
            End::Expected => Ok(report.console),
            end => bail!(
                "{expected:?} expected on the console, but the run ended with {end:?}:\n{}{}",
                report.console,
                report.messages
            ),
        }
    }

    /// Tries `count` images as `start` says, until the console shows `expected` or the run ends otherwise.
    pub(crate) fn try_all(&self, start: &Start, count: usize, expected: &str) -> Result<Report> {
        let limit = LIMIT * u32::try_from(count)?;
        self.run(&start.options, &start.typed, Some(expected), limit)
    }

    /// Boots the packed image, which must not print anything, and returns the end of the run.
    pub(crate) fn boot_silently(&self) -> Result<End> {
        self.run_silently(&self.as_kernel())
    }

    /// Like [`Self::boot_silently`], with arguments for QEMU that load and start the image.
    pub(crate) fn run_silently(&self, arguments: &[String]) -> Result<End> {
        let report = self.run(arguments, &[], None, SILENCE)?;
        ensure!(
            report.console.is_empty(),
            "silence expected, found:\n{}",
            report.console
        );
        Ok(report.end)
    }

    /// Boots the packed image, with more arguments for QEMU, until the machine ends by itself.
    pub(crate) fn run_to_the_end(&self, arguments: &[String]) -> Result<Report> {
        self.run(&[&self.as_kernel(), arguments].concat(), &[], None, LIMIT)
    }

    fn as_kernel(&self) -> [String; 2] {
        ["-kernel".to_owned(), self.path().display().to_string()]
    }

    fn run(
        &self,
        arguments: &[String],
        typed: &[Typed],
        expect: Option<&str>,
        limit: Duration,
    ) -> Result<Report> {
        let mut command = self.machine.command();
        command.args(arguments);
        let watch = Watch {
            expect: expect.map(str::to_owned),
            typed: typed.to_vec(),
            limit: Some(limit),
            ..Watch::default()
        };
        qemu::run(command, &watch)
    }
}

/// Changes a file.
pub(crate) fn change_file(
    path: &Path,
    change: impl FnOnce(&mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    let mut bytes = fs::read(path).with_context(|| format!("failed to read {}", path.display()))?;
    change(&mut bytes)?;
    fs::write(path, bytes).with_context(|| format!("failed to write {}", path.display()))
}

/// The place of the payload header in an image's file.
pub(crate) fn payload_offset(image: &[u8]) -> Result<usize> {
    let start = [&MAGIC[..], &VERSION.to_le_bytes()].concat();
    find(image, &start).context("the image has no payload header")
}

/// Replaces the payload header at `stored`, which may have been longer, by `payload`.
fn write_payload(stored: &mut [u8], payload: &Payload<'_>) -> Result<()> {
    let mut changed = vec![0; MAX_SIZE];
    payload.encode(&mut changed, crc32c)?;
    let (changed, rest) = changed.split_at(stored.len());
    ensure!(rest.iter().all(|&byte| byte == 0), "the file has no room");
    stored.copy_from_slice(changed);
    Ok(())
}

/// The first place of `needle` in `bytes`.
pub(crate) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes
        .windows(needle.len())
        .position(|window| window == needle)
}

// SPDX-License-Identifier: BSD-2-Clause

//! Checks the inputs of a boot, before anything is built.

use std::fs;
use std::fs::{File, OpenOptions};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use kaal_harness::elf;
use kaal_harness::image::Format;
use kaal_harness::qemu::{self, Machine, Version};
use kaal_harness::sel4::{Kernel, PREFIX};
use kaal_harness::workspace::Workspace;

use super::Options;

/// QEMU's own option for firmware.
const QEMU_FIRMWARE: &str = "-bios";

impl Options {
    /// Checks the files that the options name, and whether they fit the `kernel` of `SEL4_PREFIX` and QEMU's release.
    pub(super) fn check(
        &self,
        workspace: &Workspace,
        kernel: Option<&Kernel>,
        version: Version,
    ) -> Result<()> {
        if let Some(log) = &self.log {
            let mut options = OpenOptions::new();
            let opened = options.append(true).create(true).open(log);
            opened.with_context(|| format!("--log {}: can't be written", log.display()))?;
        }
        self.devices.check()?;
        if let Some(image) = &self.image {
            let opened = File::open(image).map(drop);
            return opened.with_context(|| format!("--image {}: can't be read", image.display()));
        }
        if let Some(format) = self.format()? {
            let checked = self.check_format(format);
            checked.with_context(|| format!("--format {}", format.name()))?;
        }
        self.app.as_deref().map_or(Ok(()), check_app)?;
        self.dtb.as_deref().map_or(Ok(()), |tree| {
            self.check_device_tree("--dtb", tree, &self.machine(Machine::ordinary()))
        })?;
        let Some(kernel) = kernel else {
            ensure!(
                self.selection.is_default(),
                "--system, --only or this folder's system.toml choose components of KaaL's root task, but SEL4_PREFIX \
                 is not set: set it to a kernel's prefix"
            );
            return Ok(());
        };
        ensure!(
            !self.hyp,
            "--hyp chooses a probe kernel, but SEL4_PREFIX names a kernel: unset one of them"
        );
        let board = kernel.board()?;
        board.check(version)?;
        self.firmware.check_board(board)?;
        if self.app.is_none() {
            let list = self.selection.read(workspace, kernel)?;
            self.devices.check_list(&list, kernel)?;
        }
        match self.dtb {
            Some(_) => Ok(()),
            None => self.check_device_tree(
                PREFIX,
                &kernel.device_tree(),
                &self.machine(kernel.machine()?),
            ),
        }
    }

    /// Checks that the chosen firmware, or QEMU alone, starts an image of this `format`.
    pub(super) fn check_format(&self, format: Format) -> Result<()> {
        if self.qemu_arguments.iter().any(|word| word == QEMU_FIRMWARE) {
            return Ok(());
        }
        let found = format.name();
        match (self.firmware.chosen(), format) {
            (Some(firmware), _) => ensure!(
                firmware.can_start(format),
                "format efi expected, found {found}, which edk2 doesn't start: leave out --firmware, or choose u-boot"
            ),
            (None, Format::Efi) => bail!(
                "format elf, raw, uimage or image expected, found {found}, which UEFI firmware starts: add `--firmware \
                 edk2`"
            ),
            (None, Format::Fit) => bail!(
                "format elf, raw, uimage or image expected, found {found}, which U-Boot starts: add `--firmware u-boot`"
            ),
            (None, _) => {}
        }
        Ok(())
    }

    /// Checks that `file`, which `source` names, is a device tree with no more RAM than the user gives to `machine`.
    fn check_device_tree(&self, source: &str, file: &Path, machine: &Machine) -> Result<()> {
        let blob = fs::read(file).map_err(Into::into);
        let ram = blob.and_then(|blob| qemu::ram(&blob));
        let ram =
            ram.with_context(|| format!("{source} {}: a device tree expected", file.display()))?;
        match &self.memory {
            Some(memory) => machine
                .check_memory(ram)
                .with_context(|| format!("--memory {memory}")),
            None => Ok(()),
        }
    }
}

/// Checks that `file` is a root task.
pub(super) fn check_app(file: &Path) -> Result<()> {
    let content = fs::read(file).map_err(Into::into);
    let checked = content.and_then(|content| elf::check_program(&content));
    checked.with_context(|| {
        format!(
            "--app {}: a program for AArch64 expected, such as target/aarch64-unknown-none/release/my-root-task",
            file.display()
        )
    })
}

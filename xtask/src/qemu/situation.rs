// SPDX-License-Identifier: BSD-2-Clause

//! What is known before an image is packed or read.

use std::path::Path;

use anyhow::Result;
use kaal_harness::image::Format;
use kaal_harness::qemu::{Machine, Version};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;

use super::start::{Launcher, Start};
use crate::root_task;

/// What is there before an image is packed or read.
pub(super) struct Situation<'a> {
    /// QEMU's release.
    pub(super) version: Version,
    /// The kernel of `SEL4_PREFIX`.
    pub(super) kernel: Option<&'a Kernel>,
    /// Whether builder, loader and probe kernels are built.
    pub(super) programs_are_built: bool,
    /// Whether the boot is one of many, of which the user ends all at once.
    pub(super) is_watched: bool,
    /// The chosen firmware.
    pub(super) launcher: Option<&'a Launcher>,
    /// The folder for new files.
    pub(super) scratch: &'a Path,
}

impl Situation<'_> {
    /// The start of `image` by the chosen firmware.
    pub(super) fn start(
        &self,
        workspace: &Workspace,
        machine: &Machine,
        format: Format,
        image: &Path,
    ) -> Result<Option<Start>> {
        self.launcher
            .map(|launcher| launcher.start(workspace, machine, format, image, self.scratch))
            .transpose()
    }

    /// The Cargo profile of the root task.
    pub(super) fn profile(&self) -> &'static str {
        match self.is_watched {
            true => root_task::WATCH,
            false => root_task::RELEASE,
        }
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! What is known before an image is packed or read.

use std::path::Path;

use anyhow::Result;
use kaal_harness::image::Format;
use kaal_harness::qemu::{Machine, Version};
use kaal_harness::sel4::{Kernel, PREFIX};
use kaal_harness::workspace::Workspace;

use super::start::{Launcher, Start};
use crate::root_task;

/// Whether a boot is one of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// It is the only one.
    Single,
    /// It is one of many, of which the user ends all at once.
    Watched {
        /// Whether builder, loader and probe kernels are built.
        programs_are_built: bool,
    },
}

/// What is there before an image is packed or read.
pub(super) struct Situation<'a> {
    /// QEMU's release.
    pub(super) version: Version,
    /// The kernel of `SEL4_PREFIX`.
    pub(super) kernel: Option<&'a Kernel>,
    pub(super) occasion: Occasion,
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

    /// Warns if an image's `machine` has fewer cores than the kernel of `SEL4_PREFIX` waits for: with that kernel, the
    /// boot would stop without a message.
    pub(super) fn warn_of_cores(&self, machine: &Machine) {
        let found = machine.cores as usize;
        let expected = self.kernel.map_or(1, Kernel::cores);
        if found < expected {
            eprintln!(
                "warning: QEMU has {found} of the {expected} cores that the kernel of {PREFIX} waits for\n  \
                 help: if the image holds that kernel, pack it again with --kernel-config or --cores {expected}"
            );
        }
    }

    /// Whether builder, loader and probe kernels are built.
    pub(super) fn programs_are_built(&self) -> bool {
        let built = Occasion::Watched {
            programs_are_built: true,
        };
        self.occasion == built
    }

    /// The Cargo profile of the root task.
    pub(super) fn profile(&self) -> &'static str {
        match self.occasion {
            Occasion::Watched { .. } => root_task::WATCH,
            Occasion::Single => root_task::RELEASE,
        }
    }
}

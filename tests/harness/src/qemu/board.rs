// SPDX-License-Identifier: BSD-2-Clause

//! The boards that QEMU has a model of, by the platforms of seL4.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{Machine, Version};
use crate::image::Format;

/// The platform of QEMU's virt machine.
pub(crate) const VIRT: &str = "qemu-arm-virt";

/// A board, as `machines.toml` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Board {
    machine: String,
    hypervisor: Option<String>,
    cpu: String,
    memory: String,
    cores: u32,
    serial: usize,
    console: u64,
    /// The format of the images that QEMU boots as the board's firmware does.
    pub format: Format,
    needs_device_tree: bool,
    since: Version,
}

#[expect(
    clippy::expect_used,
    reason = "the file is a part of this program, and a test reads it"
)]
static ALL: LazyLock<BTreeMap<String, Board>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../machines.toml")).expect("machines.toml describes boards")
});

impl Board {
    /// The names of all platforms.
    pub fn platforms() -> impl Iterator<Item = &'static str> {
        ALL.keys().map(String::as_str)
    }

    /// The board of the platform `platform`, by seL4's name (`PLAT` in `gen_config.json`).
    ///
    /// # Errors
    ///
    /// Fails if QEMU has no model of it.
    pub fn of(platform: &str) -> Result<&'static Self> {
        ALL.get(platform).with_context(|| {
            format!(
                "QEMU has no model of the platform {platform}; it has models of {}: boot the image on the board itself",
                Self::platforms().collect::<Vec<_>>().join(", ")
            )
        })
    }

    /// The board whose console is the UART at `console`.
    ///
    /// # Errors
    ///
    /// Fails if QEMU has no model of it.
    pub(super) fn with_console(console: u64) -> Result<&'static Self> {
        let board = ALL.values().find(|board| board.console == console);
        board.with_context(|| {
            format!(
                "QEMU has no model of a board with a console at {console:#x}; it has models of {}",
                Self::platforms().collect::<Vec<_>>().join(", ")
            )
        })
    }

    /// QEMU's virt machine, with the settings of ordinary kernels.
    pub(crate) fn virt() -> &'static Self {
        &ALL[VIRT]
    }

    /// Whether it is QEMU's virt machine, whose settings depend on the kernel.
    pub fn is_virt(&self) -> bool {
        self == Self::virt()
    }

    /// Checks that QEMU's release `version` has the model.
    ///
    /// # Errors
    ///
    /// Fails if it is too old.
    pub fn check(&self, version: Version) -> Result<()> {
        if version < self.since {
            bail!(
                "QEMU: release {} or newer expected for -machine {}, {version} found: \
                 install it, or put it first in PATH",
                self.since,
                self.machine
            );
        }
        Ok(())
    }

    /// The machine for a kernel that runs at EL2 or not.
    pub fn machine(&self, is_hypervisor: bool) -> Machine {
        let hypervisor = self.hypervisor.as_ref().filter(|_| is_hypervisor);
        Machine {
            machine: hypervisor.unwrap_or(&self.machine).clone(),
            cpu: self.cpu.clone(),
            memory: self.memory.clone(),
            cores: self.cores,
            serial: self.serial,
            needs_device_tree: self.needs_device_tree,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Board, Version};

    #[test]
    fn a_platform_without_a_model_is_named() {
        let error = Board::of("imx8mm-evk").unwrap_err().to_string();
        assert!(
            error.contains("no model of the platform imx8mm-evk"),
            "{error}"
        );
        assert!(Board::of("qemu-arm-virt").unwrap().is_virt());
    }

    #[test]
    fn a_release_without_the_model_is_named() {
        let board = Board::of("bcm2711").unwrap();
        let old = Version { major: 8, minor: 2 };
        let error = board.check(old).unwrap_err().to_string();
        assert!(error.contains("release 9.0 or newer expected"), "{error}");
        assert!(error.contains("8.2 found"), "{error}");
        assert!(board.check(board.since).is_ok());
    }
}

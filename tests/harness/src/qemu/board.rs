// SPDX-License-Identifier: BSD-2-Clause

//! The boards that QEMU has a model of, by the platforms of seL4.

use anyhow::{Result, bail};

use super::{Machine, Version};
use crate::image::Format;

/// A platform of seL4, and the machine that its kernels boot on.
///
/// `nix/platforms.nix` says the same; a test compares the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Board {
    /// What seL4 calls it: `PLAT` in `gen_config.json`.
    pub platform: &'static str,
    /// Value of QEMU's `-machine`.
    pub machine: &'static str,
    /// Value of `-cpu`.
    pub cpu: &'static str,
    /// Value of `-m`: what the kernel takes for granted.
    pub memory: &'static str,
    /// Value of `-smp`.
    pub cores: u32,
    /// The number of UARTs that come before the one that seL4 prints on.
    pub serial: usize,
    /// The format of the images that QEMU boots as the board's firmware does. An ELF file it may enter
    /// at EL3 instead, where no firmware starts other cores.
    pub format: Format,
    /// Whether QEMU must be given the kernel's device tree. With 4 GiB of RAM or more, it boots what it
    /// takes for a Linux kernel only so.
    pub needs_device_tree: bool,
    /// The first release of QEMU that has the model.
    pub since: Version,
}

impl Board {
    /// QEMU's virt machine, with the settings that ordinary kernels boot on.
    pub const VIRT: Self = Self {
        platform: "qemu-arm-virt",
        machine: "virt",
        cpu: "cortex-a53",
        memory: "1G",
        cores: 1,
        serial: 0,
        format: Format::Elf,
        needs_device_tree: false,
        since: Version { major: 7, minor: 2 },
    };

    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::VIRT,
        Self {
            platform: "zynqmp",
            machine: "xlnx-zcu102",
            cpu: "cortex-a53",
            memory: "4G",
            cores: 4,
            serial: 0,
            format: Format::Elf,
            needs_device_tree: false,
            since: Version { major: 7, minor: 2 },
        },
        Self {
            platform: "bcm2837",
            machine: "raspi3b",
            cpu: "cortex-a53",
            memory: "1G",
            cores: 4,
            serial: 1,
            format: Format::Image,
            needs_device_tree: false,
            since: Version { major: 7, minor: 2 },
        },
        Self {
            platform: "bcm2711",
            machine: "raspi4b",
            cpu: "cortex-a72",
            memory: "2G",
            cores: 4,
            serial: 1,
            format: Format::Image,
            needs_device_tree: false,
            since: Version { major: 9, minor: 0 },
        },
        Self {
            platform: "imx8mp-evk",
            machine: "imx8mp-evk",
            cpu: "cortex-a53",
            memory: "6G",
            cores: 4,
            serial: 1,
            format: Format::Image,
            needs_device_tree: true,
            since: Version {
                major: 10,
                minor: 0,
            },
        },
    ];

    /// The board that seL4 calls `platform`.
    ///
    /// # Errors
    ///
    /// Fails where QEMU has no model of it.
    pub fn of(platform: &str) -> Result<Self> {
        match Self::ALL.iter().find(|board| board.platform == platform) {
            Some(board) => Ok(*board),
            None => bail!(
                "QEMU has no model of the platform {platform}; it has of {}: boot the image on \
                 the board itself",
                Self::ALL.map(|board| board.platform).join(", ")
            ),
        }
    }

    /// Checks that QEMU's release `version` has the model.
    ///
    /// # Errors
    ///
    /// Fails where it is too old.
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

    /// The machine.
    pub fn machine(&self) -> Machine {
        Machine {
            machine: self.machine.to_owned(),
            cpu: self.cpu.to_owned(),
            memory: self.memory.to_owned(),
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
        assert_eq!(Board::of("qemu-arm-virt").unwrap(), Board::VIRT);
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

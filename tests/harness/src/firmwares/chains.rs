// SPDX-License-Identifier: BSD-2-Clause

//! The table of boot chains: a firmware, and an image that it starts or refuses.

use super::{Debian, Firmware, Project};
use crate::image::Format;
use crate::workspace::Program;

/// The exception level at which a firmware enters the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// EL1, with an ordinary kernel.
    El1,
    /// EL2, with a hypervisor kernel.
    El2,
}

/// Compression of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// No compression.
    Plain,
    /// LZ4.
    Lz4,
}

/// How the loader verifies the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// By checksums.
    Crc32c,
    /// By hashes.
    Sha256,
    /// By hashes and a signature.
    Signed,
}

/// A firmware, and an image for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The firmware.
    pub firmware: Firmware,
    /// The format of the image.
    pub format: Format,
    /// The exception level.
    pub level: Level,
    /// The compression.
    pub compression: Compression,
    /// The verification.
    pub integrity: Integrity,
}

/// The end of a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The kernel starts.
    Boots,
    /// The firmware doesn't enter the image, and prints this last.
    NotEntered(&'static str),
}

/// The words of edk2 about a file that isn't a UEFI application.
const NO_APPLICATION: &str = "BdsDxe: failed to load Boot0001";

/// The last words of a U-Boot that waits forever for its UART, before it enters the program.
const WAITS_FOR_UART: &str = "## Starting application at";

impl Level {
    /// Both levels.
    pub const ALL: [Self; 2] = [Self::El1, Self::El2];

    /// QEMU's machine, and the kernel that runs at this level.
    pub fn machine(self) -> (&'static str, Program) {
        match self {
            Self::El1 => ("virt", Program::Probe),
            Self::El2 => ("virt,virtualization=on", Program::ProbeHyp),
        }
    }
}

impl Compression {
    /// All methods.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Lz4];

    /// The builder's options.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[],
            Self::Lz4 => &["--compress", "lz4"],
        }
    }
}

impl Integrity {
    /// All methods.
    pub const ALL: [Self; 3] = [Self::Crc32c, Self::Sha256, Self::Signed];

    /// The builder's options, besides keys.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::Crc32c => &["--verify", "crc32c"],
            Self::Sha256 => &["--verify", "sha256"],
            Self::Signed => &[],
        }
    }
}

impl Firmware {
    /// The end of a boot of an image of this format.
    pub fn outcome(self, format: Format) -> Outcome {
        match (self.project, self.debian, format) {
            (Project::Edk2, _, Format::Efi) => Outcome::Boots,
            (Project::Edk2, _, _) => Outcome::NotEntered(NO_APPLICATION),
            (Project::UBoot, Debian::Bookworm, Format::Elf | Format::Raw) => {
                Outcome::NotEntered(WAITS_FOR_UART)
            }
            (Project::UBoot, _, _) => Outcome::Boots,
        }
    }

    /// Whether the firmware passes a device tree to an image of this format. edk2 passes ACPI tables instead.
    pub fn passes_device_tree(self, format: Format) -> bool {
        self.project == Project::UBoot && !matches!(format, Format::Elf | Format::Raw)
    }
}

impl Chain {
    /// All chains that boot, and one for each firmware and format that don't.
    pub fn all() -> Vec<Self> {
        let mut chains = Vec::new();
        for firmware in Firmware::ALL {
            for format in Format::ALL {
                let all = Self::of(firmware, format);
                let count = match firmware.outcome(format) {
                    Outcome::Boots => all.len(),
                    Outcome::NotEntered(_) => 1,
                };
                chains.extend(all.into_iter().take(count));
            }
        }
        chains
    }

    /// All chains from a firmware to images of a format. ELF files can't be compressed.
    pub fn of(firmware: Firmware, format: Format) -> Vec<Self> {
        let methods = match format {
            Format::Elf => &Compression::ALL[..1],
            _ => &Compression::ALL,
        };
        let mut chains = Vec::new();
        for level in Level::ALL {
            for &compression in methods {
                chains.extend(Integrity::ALL.map(|integrity| Self {
                    firmware,
                    format,
                    level,
                    compression,
                    integrity,
                }));
            }
        }
        chains
    }

    /// A chain to the simplest image of a format.
    pub fn simple(firmware: Firmware, format: Format) -> Self {
        Self {
            firmware,
            format,
            level: Level::El1,
            compression: Compression::Plain,
            integrity: Integrity::Crc32c,
        }
    }

    /// The firmware and the format, as a part of a test's name.
    pub fn short_name(self) -> String {
        format!("{}::{}", self.firmware.test_name(), self.format.name())
    }

    /// The name of its test.
    pub fn name(self) -> String {
        let (level, compression, integrity) = (self.level, self.compression, self.integrity);
        let rest = format!("{level:?}::{compression:?}::{integrity:?}").to_lowercase();
        format!("{}::{rest}", self.short_name())
    }

    /// The builder's options, besides keys.
    pub fn options(self) -> Vec<String> {
        let more = [self.compression.options(), self.integrity.options()].concat();
        let more = more.into_iter().map(str::to_owned);
        self.format.packing().into_iter().chain(more).collect()
    }

    /// Whether the kernel gets the firmware's device tree. Signed images have their own.
    pub fn has_device_tree_of_firmware(self) -> bool {
        self.firmware.passes_device_tree(self.format) && self.integrity != Integrity::Signed
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! What seL4's build writes of the platform and of the kernel's configuration.

use kaal_payload::{ExceptionLevel, PhysAddr, PhysRange, PhysicalAddressBits};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::finding::{Finding, Origin};
use crate::ram;

/// seL4's `platform_gen.yaml`.
#[derive(Deserialize)]
struct PlatformFile {
    memory: Vec<Bank>,
}

#[derive(Deserialize)]
struct Bank {
    start: u64,
    end: u64,
}

/// The RAM that seL4's `platform_gen.yaml` or `.json` names, ascending.
pub(crate) fn read_ram(origin: Origin<'_>, file: &[u8]) -> Result<Vec<PhysRange>, Finding> {
    let platform: PlatformFile = parse(origin, file, "platform_gen.yaml or platform_gen.json")?;
    let banks = platform.memory.iter().map(|bank| PhysRange {
        start: PhysAddr(bank.start),
        end: PhysAddr(bank.end),
    });
    let banks = ram::union(banks.collect());
    if banks.is_empty() {
        return Err(origin
            .finding("names no RAM")
            .expected("at least one entry with start < end under `memory`")
            .found("none")
            .remedy("give the platform_gen.yaml that seL4's build leaves for the platform"));
    }
    Ok(banks)
}

/// seL4's `gen_config.json`, as far as an image depends on it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct ConfigFile {
    arm_hypervisor_support: bool,
    #[serde(rename = "ARM_PA_SIZE_BITS_40", default)]
    arm_pa_size_bits_40: bool,
    #[serde(rename = "ARM_PA_SIZE_BITS_44", default)]
    arm_pa_size_bits_44: bool,
    max_num_nodes: String,
}

/// What an image depends on in the kernel's configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KernelConfig {
    /// `KernelArmPASizeBits40` or `44`
    pub(crate) physical_address_bits: PhysicalAddressBits,
    /// `KernelMaxNumNodes`
    pub(crate) cores: u32,
}

impl KernelConfig {
    /// What is assumed where the configuration isn't given.
    pub(crate) const UNKNOWN: Self = Self {
        physical_address_bits: PhysicalAddressBits::FromProcessor,
        cores: 1,
    };

    /// Reads seL4's `gen_config.json`, which must be that of the kernel for `exception_level`.
    pub(crate) fn read(
        origin: Origin<'_>,
        file: &[u8],
        exception_level: ExceptionLevel,
    ) -> Result<Self, Finding> {
        let config: ConfigFile = parse(origin, file, "gen_config.json")?;
        let hypervisor = exception_level == ExceptionLevel::El2;
        if config.arm_hypervisor_support != hypervisor {
            return Err(origin
                .finding("not the configuration of the kernel that --kernel gives")
                .expected(format!(
                    "ARM_HYPERVISOR_SUPPORT {hypervisor}, by its addresses"
                ))
                .found(format!(
                    "ARM_HYPERVISOR_SUPPORT {}",
                    config.arm_hypervisor_support
                ))
                .remedy("give kernel.elf and gen_config.json of the same build"));
        }
        if config.max_num_nodes != "1" {
            return Err(origin
                .finding("a kernel that waits for more cores than the loader starts")
                .expected("MAX_NUM_NODES 1")
                .found(format!("MAX_NUM_NODES {}", config.max_num_nodes))
                .remedy("build the kernel with KernelMaxNumNodes=1"));
        }
        Ok(Self {
            physical_address_bits: match config {
                ConfigFile {
                    arm_pa_size_bits_40: true,
                    ..
                } => PhysicalAddressBits::Bits40,
                ConfigFile {
                    arm_pa_size_bits_44: true,
                    ..
                } => PhysicalAddressBits::Bits44,
                _ => PhysicalAddressBits::FromProcessor,
            },
            cores: 1,
        })
    }
}

/// Reads YAML or JSON, which is YAML too.
fn parse<T: DeserializeOwned>(
    origin: Origin<'_>,
    file: &[u8],
    expected: &str,
) -> Result<T, Finding> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_slice_with_options(file, options).map_err(|error| {
        origin
            .finding("can't be understood")
            .expected(format!("seL4's {expected}"))
            .found(error.to_string())
            .remedy("give the file that seL4's build leaves")
    })
}

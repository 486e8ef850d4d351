// SPDX-License-Identifier: BSD-2-Clause

//! Reads the files of seL4's build about the platform and the kernel's configuration.

use kaal_payload::{ExceptionLevel, PhysAddr, PhysRange, PhysicalAddressBits};
use yaml_rust2::Yaml;

use super::yaml;
use crate::diagnostic::{Diagnostic, Origin};
use crate::sel4::{BootConfig, Platform, Proofs};

const PLATFORM: &str = "platform_gen.yaml or platform_gen.json";
pub(super) const CONFIG: &str = "gen_config.json";

/// Reads seL4's `platform_gen.yaml` or `.json`.
pub(crate) fn read(origin: Origin<'_>, file: &[u8]) -> Result<Platform, Diagnostic> {
    let platform = yaml::read(origin, file, PLATFORM)?;
    let memory = platform["memory"]
        .as_vec()
        .ok_or_else(|| yaml::not_understood(origin, PLATFORM, "no list `memory`".to_owned()))?;
    let memory = read_ranges(origin, "memory", memory)?;
    if memory.is_empty() {
        return Err(origin
            .diagnostic("names no RAM")
            .expected("at least one entry with start < end under `memory`")
            .found("none")
            .remedy("pass the platform_gen.yaml of seL4's build for the platform"));
    }
    let devices = platform["devices"].as_vec();
    let devices = devices.map(|devices| read_ranges(origin, "devices", devices));
    Ok(Platform {
        memory,
        devices: devices.transpose()?,
    })
}

/// Reads the ranges in the list `name`, in ascending order and without empty ones.
fn read_ranges(
    origin: Origin<'_>,
    name: &str,
    list: &[Yaml],
) -> Result<Vec<PhysRange>, Diagnostic> {
    let mut ranges = list
        .iter()
        .enumerate()
        .map(|(index, range)| {
            let ends = address(&range["start"]).zip(address(&range["end"]));
            let (start, end) = ends.ok_or_else(|| {
                let reason = format!("no numbers `start` and `end` in entry {index} of `{name}`");
                yaml::not_understood(origin, PLATFORM, reason)
            })?;
            Ok(PhysRange { start, end })
        })
        .collect::<Result<Vec<_>, Diagnostic>>()?;
    ranges.retain(|range| !range.is_empty());
    ranges.sort();
    Ok(ranges)
}

fn address(number: &Yaml) -> Option<PhysAddr> {
    u64::try_from(number.as_i64()?).ok().map(PhysAddr)
}

/// The kernel's configuration, as far as an image depends on it. The default holds the assumptions
/// without a configuration file.
#[derive(Clone, Debug, Default)]
pub(crate) struct KernelConfig {
    /// `KernelArmPASizeBits40` or `44`
    pub(crate) physical_address_bits: PhysicalAddressBits,
    /// `KernelMaxNumNodes`, if known.
    pub(crate) cores: Option<u32>,
    /// `KernelDebugBuild`, if known.
    pub(crate) is_debug: Option<bool>,
    /// The settings of the kernel's boot, if all are known.
    pub(crate) boot: Option<BootConfig>,
    /// How it relates to seL4's proofs.
    pub(crate) proofs: Proofs,
}

impl KernelConfig {
    /// Reads seL4's `gen_config.json`.
    ///
    /// # Errors
    ///
    /// Returns an error if it isn't the configuration of a kernel for `exception_level`.
    pub(crate) fn read(
        origin: Origin<'_>,
        file: &[u8],
        exception_level: ExceptionLevel,
    ) -> Result<Self, Diagnostic> {
        let config = yaml::read(origin, file, CONFIG)?;
        let missing = |key: &str| yaml::not_understood(origin, CONFIG, format!("no `{key}`"));
        let flag = |key: &str| config[key].as_bool();

        let expected = exception_level == ExceptionLevel::El2;
        let key = "ARM_HYPERVISOR_SUPPORT";
        let found = flag(key).ok_or_else(|| missing(key))?;
        if found != expected {
            return Err(origin
                .diagnostic("not the configuration of this kernel")
                .expected(format!("{key} {expected}, by its addresses"))
                .found(format!("{key} {found}"))
                .remedy("pass kernel.elf and gen_config.json of the same build"));
        }
        let key = "MAX_NUM_NODES";
        let cores = config[key]
            .as_str()
            .and_then(|cores| cores.parse().ok())
            .ok_or_else(|| yaml::not_understood(origin, CONFIG, format!("no number `{key}`")))?;
        let physical_address_bits = if flag("ARM_PA_SIZE_BITS_40") == Some(true) {
            PhysicalAddressBits::Bits40
        } else if flag("ARM_PA_SIZE_BITS_44") == Some(true) {
            PhysicalAddressBits::Bits44
        } else {
            PhysicalAddressBits::FromProcessor
        };
        Ok(Self {
            physical_address_bits,
            cores: Some(cores),
            is_debug: flag("DEBUG_BUILD"),
            boot: BootConfig::read(&config, exception_level),
            proofs: Proofs::of(&config),
        })
    }
}

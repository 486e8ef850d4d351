// SPDX-License-Identifier: BSD-2-Clause

//! What a payload header says.

use kaal_payload::{
    Console, ConsoleKind, Digest, Gic, Integrity, KeyId, Machine, Payload, PhysAddr,
    PhysicalAddressBits, PsciConduit, Region,
};
use serde::Serialize;

use super::settings::{integrity_name, log_level_name};
use super::{address, hexadecimal};

/// The header's fields, in the words of the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Facts {
    image_version: u64,
    key_id: Option<String>,
    signature: Option<String>,
    measurement: String,
    exception_level: u8,
    cores: u32,
    physical_address_bits: Option<u8>,
    log_level: String,
    integrity: String,
    kernel_entry: String,
    user_image: UserImage,
    device_tree: DeviceTree,
    loader: Loader,
    translation_tables: Tables,
    console: Option<ConsoleFacts>,
    psci: Option<String>,
    interrupt_controller: Option<InterruptController>,
    regions: Vec<RegionFacts>,
    cpus: Vec<Cpu>,
    boot_arguments: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct UserImage {
    start: String,
    end: String,
    entry: String,
    /// Physical minus virtual address, modulo 2^64.
    offset: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceTree {
    start: String,
    size: u64,
    capacity: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Loader {
    start: String,
    /// Size of the part that never changes.
    constant_size: u64,
    /// Its digest.
    digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tables {
    ttbr0: String,
    ttbr1: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConsoleFacts {
    kind: String,
    address: String,
    register_shift: u8,
    access_size: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct InterruptController {
    kind: String,
    distributor: String,
    /// The CPU interface of a GICv2, the first redistributors of a GICv3.
    interface: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct RegionFacts {
    kind: String,
    start: String,
    end: String,
    /// Number of stored bytes; those behind are zero.
    stored: u64,
    /// Of the stored bytes.
    digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Cpu {
    mpidr: String,
    release_address: Option<String>,
}

impl Facts {
    /// What `payload` says.
    pub(crate) fn new(payload: &Payload<'_>) -> Self {
        let digest = |digest| digest_name(payload.integrity, digest);
        Self {
            image_version: payload.image_version,
            key_id: (payload.key_id != 0).then(|| KeyId(payload.key_id).to_string()),
            signature: (payload.signature != [0; _]).then(|| hexadecimal(&payload.signature)),
            measurement: hexadecimal(&payload.measurement),
            exception_level: payload.exception_level as u8,
            cores: payload.cores,
            physical_address_bits: match payload.physical_address_bits {
                PhysicalAddressBits::FromProcessor => None,
                bits => Some(bits as u8),
            },
            log_level: log_level_name(payload.log_level).to_owned(),
            integrity: integrity_name(payload.integrity).to_owned(),
            kernel_entry: payload.kernel_entry.to_string(),
            user_image: UserImage {
                start: address(payload.user_image.memory.start),
                end: address(payload.user_image.memory.end),
                entry: payload.user_image.entry.to_string(),
                offset: address(PhysAddr(payload.user_image.pv_offset)),
            },
            device_tree: DeviceTree {
                start: address(payload.device_tree.start),
                size: payload.device_tree.size,
                capacity: payload.device_tree.capacity,
            },
            loader: Loader {
                start: address(payload.load_address),
                constant_size: payload.loader.size,
                digest: digest(&payload.loader.digest),
            },
            translation_tables: Tables {
                ttbr0: address(payload.tables.ttbr0),
                ttbr1: payload.tables.ttbr1.map(address),
            },
            console: payload.machine.console.map(console),
            psci: psci(&payload.machine),
            interrupt_controller: payload.machine.gic.map(interrupt_controller),
            regions: payload
                .regions
                .iter()
                .filter_map(|region| region_facts(region, digest(region.digest())))
                .collect(),
            cpus: payload
                .cpus
                .iter()
                .map(|cpu| Cpu {
                    mpidr: address(PhysAddr(cpu.mpidr)),
                    release_address: (cpu.release_address != PhysAddr(0))
                        .then(|| address(cpu.release_address)),
                })
                .collect(),
            boot_arguments: payload
                .boot_arguments
                .strip_suffix(&[0])
                .map(|text| String::from_utf8_lossy(text).into_owned()),
        }
    }
}

/// Nothing is left out of a header that is well-formed.
fn region_facts(region: &Region, digest: String) -> Option<RegionFacts> {
    let memory = region.memory()?;
    Some(RegionFacts {
        kind: region.kind()?.to_string(),
        start: address(memory.start),
        end: address(memory.end),
        stored: region.file_size(),
        digest,
    })
}

fn digest_name(integrity: Integrity, digest: &Digest) -> String {
    match integrity {
        Integrity::None | Integrity::Crc32c => format!("crc32c:{:08x}", digest.crc32c()),
        Integrity::Sha256 => format!("sha256:{}", hexadecimal(digest.sha256())),
    }
}

fn console(console: Console) -> ConsoleFacts {
    let kind = match console.kind {
        ConsoleKind::Pl011 => "PL011",
        ConsoleKind::Ns8250 => "8250",
        ConsoleKind::Imx => "i.MX",
        ConsoleKind::Lpuart => "LPUART",
        ConsoleKind::Cadence => "Cadence",
        ConsoleKind::Meson => "Meson",
    };
    ConsoleFacts {
        kind: kind.to_owned(),
        address: address(console.base),
        register_shift: console.register_shift,
        access_size: console.access_size as u8,
    }
}

fn psci(machine: &Machine) -> Option<String> {
    let conduit = match machine.psci? {
        PsciConduit::Smc => "smc",
        PsciConduit::Hvc => "hvc",
    };
    Some(conduit.to_owned())
}

fn interrupt_controller(gic: Gic) -> InterruptController {
    let (kind, distributor, interface) = match gic {
        Gic::V2 {
            distributor,
            cpu_interface,
        } => ("GICv2", distributor, cpu_interface),
        Gic::V3 {
            distributor,
            redistributors,
        } => ("GICv3", distributor, redistributors),
    };
    InterruptController {
        kind: kind.to_owned(),
        distributor: address(distributor),
        interface: address(interface),
    }
}

// SPDX-License-Identifier: BSD-2-Clause

//! Describes a payload header.

use kaal_payload::{
    ConsoleKind, DeviceTreeSlot, Digest, Gic, Integrity, KeyId, Payload, PhysAddr,
    PhysicalAddressBits, PsciConduit, Region,
};
use serde_json::{Value, json};

use crate::format::digest::hexadecimal;
use crate::options::KernelDtb;
use crate::options::choices::{CHECKS, LOG_LEVELS, name};

/// Describes `payload`. `docs/json.md` documents the fields.
pub(crate) fn facts(payload: &Payload<'_>) -> Value {
    let digest = |digest| digest_name(payload.integrity, digest);
    let (user_image, device_tree) = (payload.user_image, payload.device_tree);
    let machine = payload.machine;
    let cpus = payload.cpus.iter().map(|cpu| {
        let is_polled = cpu.release_address != PhysAddr(0);
        json!({
            "mpidr": PhysAddr(cpu.mpidr).to_string(),
            "releaseAddress": is_polled.then(|| cpu.release_address.to_string()),
        })
    });
    let regions = payload.regions.iter();
    let regions = regions.filter_map(|region| region_facts(region, digest(region.digest())));
    json!({
        "imageVersion": payload.image_version,
        "keyId": (payload.key_id != 0).then(|| KeyId(payload.key_id).to_string()),
        "signature": (payload.signature != [0; _]).then(|| hexadecimal(&payload.signature)),
        "measurement": hexadecimal(&payload.measurement),
        "package": (payload.package != [0; _]).then(|| hexadecimal(&payload.package)),
        "exceptionLevel": payload.exception_level as u8,
        "cores": payload.cores,
        "physicalAddressBits": match payload.physical_address_bits {
            PhysicalAddressBits::FromProcessor => None,
            bits => Some(bits as u8),
        },
        "logLevel": name(&LOG_LEVELS, payload.log_level),
        "integrity": name(&CHECKS, payload.integrity),
        "kernelEntry": payload.kernel_entry.to_string(),
        "userImage": {
            "start": user_image.memory.start.to_string(),
            "end": user_image.memory.end.to_string(),
            "entry": user_image.entry.to_string(),
            // Physical minus virtual address, modulo 2^64.
            "offset": PhysAddr(user_image.pv_offset).to_string(),
        },
        "deviceTree": {
            "start": device_tree.start.to_string(),
            "size": device_tree.size,
            "capacity": device_tree.capacity,
            // As in the option --kernel-dtb.
            "kernel": kernel_dtb(device_tree),
        },
        "loader": {
            "start": payload.load_address.to_string(),
            "constantSize": payload.loader.size,
            "digest": digest(&payload.loader.digest),
        },
        "translationTables": {
            "ttbr0": payload.tables.ttbr0.to_string(),
            "ttbr1": payload.tables.ttbr1.map(|table| table.to_string()),
        },
        "console": machine.console.map(|console| json!({
            "kind": console_name(console.kind),
            "address": console.base.to_string(),
            "registerShift": console.register_shift,
            "accessSize": console.access_size as u8,
        })),
        "psci": machine.psci.map(|conduit| match conduit {
            PsciConduit::Smc => "smc",
            PsciConduit::Hvc => "hvc",
        }),
        "interruptController": machine.gic.map(interrupt_controller),
        "regions": regions.collect::<Vec<_>>(),
        "cpus": cpus.collect::<Vec<_>>(),
        "bootArguments": payload
            .boot_arguments
            .strip_suffix(&[0])
            .map(String::from_utf8_lossy),
    })
}

fn kernel_dtb(slot: DeviceTreeSlot) -> KernelDtb {
    match slot.size {
        _ if slot.takes_another() => KernelDtb::Firmware,
        0 => KernelDtb::None,
        _ => KernelDtb::Embedded,
    }
}

/// Describes a region. A well-formed header has no other regions.
fn region_facts(region: &Region, digest: String) -> Option<Value> {
    let memory = region.memory()?;
    Some(json!({
        "kind": region.kind()?.to_string(),
        "start": memory.start.to_string(),
        "end": memory.end.to_string(),
        // Number of stored bytes, which the digest covers. The rest is zero.
        "stored": region.file_size(),
        "digest": digest,
    }))
}

fn digest_name(integrity: Integrity, digest: &Digest) -> String {
    match integrity {
        Integrity::None | Integrity::Crc32c => format!("crc32c:{:08x}", digest.crc32c()),
        Integrity::Sha256 => format!("sha256:{}", hexadecimal(digest.sha256())),
    }
}

pub(crate) fn console_name(kind: ConsoleKind) -> &'static str {
    match kind {
        ConsoleKind::Pl011 => "PL011",
        ConsoleKind::Ns8250 => "8250",
        ConsoleKind::Imx => "i.MX",
        ConsoleKind::Lpuart => "LPUART",
        ConsoleKind::Cadence => "Cadence",
        ConsoleKind::Meson => "Meson",
        ConsoleKind::Stm32 => "STM32",
        ConsoleKind::Geni => "GENI",
        ConsoleKind::UartDm => "UARTDM",
        ConsoleKind::Scif => "SCIF",
        ConsoleKind::Armada3700 => "Armada 3700",
        ConsoleKind::Samsung => "Samsung",
    }
}

fn interrupt_controller(gic: Gic) -> Value {
    let (kind, distributor, interface) = match gic {
        Gic::V2 {
            distributor,
            cpu_interface,
        } => ("GICv2", distributor, cpu_interface),
        // The first redistributors stand for all.
        Gic::V3 {
            distributor,
            redistributors,
        } => ("GICv3", distributor, redistributors),
    };
    json!({
        "kind": kind,
        "distributor": distributor.to_string(),
        "interface": interface.to_string(),
    })
}

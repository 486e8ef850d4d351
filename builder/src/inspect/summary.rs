// SPDX-License-Identifier: BSD-2-Clause

//! Summarises an image's headers, one line for each fact.

use kaal_payload::{Encoding, ExceptionLevel, Gic, KeyId, PsciConduit};
use serde::Serialize;

use super::Inspected;
use super::size::size;
use crate::format::digest::hexadecimal;
use crate::format::{Compression, Format, fit, measurement};
use crate::image_reader::ImageReader;
use crate::manifest::console_name;
use crate::memory::ranges;
use crate::options::choices::{CHECKS, LOG_LEVELS, name};
use crate::rules::Outcome;
use crate::signing;

/// Sizes in bytes of what the unpacker does before the loader runs.
#[derive(Default, Serialize)]
pub(super) struct Unpacking {
    /// Size of the copied chunks.
    copied: u64,
    /// Size of the LZ4 blocks, decompressed and compressed.
    decompressed: u64,
    compressed: u64,
    /// Size of the cleared memory.
    cleared: u64,
}

impl Unpacking {
    /// Work of the image's unpacker; zero for an ELF file.
    pub(super) fn of(image: &ImageReader<'_>) -> Self {
        let mut unpacking = Self::default();
        let package = image.package();
        for chunk in package.iter().flat_map(|package| package.chunks) {
            match chunk.stored().encoding {
                Encoding::Identity => unpacking.copied += chunk.size(),
                Encoding::Lz4 => {
                    unpacking.decompressed += chunk.size();
                    unpacking.compressed += chunk.stored().size;
                }
            }
            unpacking.cleared += chunk.memory().size() - chunk.size();
        }
        unpacking
    }
}

/// Names and values of all facts.
pub(crate) fn summary(inspected: &Inspected<'_>) -> Vec<(&'static str, String)> {
    let image = inspected.image;
    let payload = image.payload();
    let level = match payload.exception_level {
        ExceptionLevel::El1 => "EL1",
        ExceptionLevel::El2 => "EL2, with hypervisor support",
    };
    let kernel = format!("at {level}, entry point {}", payload.kernel_entry);
    let user_image = payload.user_image;
    let virt = user_image.memory.start.0.wrapping_sub(user_image.pv_offset);
    let holes = match inspected.holes.slots {
        0 => String::new(),
        slots => format!(
            ", holes of {} and {slots} slots",
            size(inspected.holes.size())
        ),
    };
    let user_image = format!("at {virt:#x}, entry point {}{holes}", user_image.entry);
    let slot = payload.device_tree;
    let device_tree = match slot.size {
        0 if !slot.takes_another() => "none for the kernel".to_owned(),
        0 => format!("none; room for {} bytes from the firmware", slot.capacity),
        size if !slot.takes_another() => format!("{size} bytes, the kernel gets no other"),
        size => format!("{size} bytes, room for {}", slot.capacity),
    };
    let verify = name(&CHECKS, payload.integrity);
    let log_level = name(&LOG_LEVELS, payload.log_level);
    let mut rows = vec![
        ("format", format(inspected)),
        ("entry point", image.entry().to_string()),
        ("kernel", kernel),
        ("user image", user_image),
        ("device tree", device_tree),
        ("machine", machine(inspected)),
        ("cores", cores(inspected)),
        ("unpacking", unpacking(inspected)),
        ("--verify", verify.to_owned()),
        ("--log-level", log_level.to_owned()),
        ("image version", payload.image_version.to_string()),
        ("signature", signature(inspected)),
        ("measurement", hexadecimal(&payload.measurement)),
    ];
    if image.format() == Format::Efi {
        rows.push((
            "PCR 11",
            hexadecimal(&measurement::pcr(&payload.measurement)),
        ));
    }
    if let Some(text) = payload.boot_arguments.strip_suffix(b"\0") {
        rows.push(("bootargs", text.escape_ascii().to_string()));
    }
    if let Some(parts) = inspected.capdl {
        let (specification, frames) = (parts.specification, parts.frames);
        let text = format!("specification of {specification} bytes, frames of {frames} bytes");
        rows.push(("capDL", text));
    }
    rows.extend(proofs(inspected).map(|text| ("proofs", text)));
    rows.push(("checks", checks(inspected)));
    rows
}

/// Whether seL4's proofs are about the kernel, if its configuration is known.
fn proofs(inspected: &Inspected<'_>) -> Option<String> {
    let mut outcomes = inspected.outcomes.iter();
    let (_, outcome) = outcomes.find(|(rule, _)| rule.id == "proofs")?;
    match outcome {
        Outcome::NotChecked(_) => None,
        Outcome::Warned(diagnostic) => {
            let details = diagnostic.details();
            Some([details.problem, details.found].join(": "))
        }
        outcome => Some(outcome.text()),
    }
}

fn format(inspected: &Inspected<'_>) -> String {
    let image = inspected.image;
    let bytes = image.file().content.len();
    let compression = match image.compression() {
        Compression::Lz4 => ", compressed with LZ4",
        Compression::None => "",
    };
    let signature = match image.certificates() {
        [] if fit::is_signed(image.file().content) => ", signed by mkimage",
        [] => "",
        _ => ", signed for Secure Boot",
    };
    let format = image.format().name();
    format!("{format}, {bytes} bytes{compression}{signature}")
}

/// The machine, as the image describes it.
fn machine(inspected: &Inspected<'_>) -> String {
    let machine = inspected.image.payload().machine;
    let console = machine.console;
    let console = console
        .map(|console| format!("console {} at {}", console_name(console.kind), console.base));
    let psci = machine.psci.map(|conduit| match conduit {
        PsciConduit::Smc => "PSCI by SMC",
        PsciConduit::Hvc => "PSCI by HVC",
    });
    let gic = machine.gic.map(|gic| match gic {
        Gic::V2 { .. } => "GICv2",
        Gic::V3 { .. } => "GICv3",
    });
    let ram = inspected.ram();
    let ram = ram.map(|ram| format!("RAM {}", ranges::describe(ram)));
    let (psci, gic) = (psci.map(str::to_owned), gic.map(str::to_owned));
    let known: Vec<_> = [console, psci, gic, ram].into_iter().flatten().collect();
    match known.as_slice() {
        [] => "unknown until the boot".to_owned(),
        _ => known.join(", "),
    }
}

/// The kernel's cores in its order, then those of the device tree in the order there.
fn cores(inspected: &Inspected<'_>) -> String {
    let payload = inspected.image.payload();
    let mut cores = payload.cores.to_string();
    let mut separator = ", MPIDR";
    for cpu in payload.cpus {
        cores += &format!("{separator} {:#x}", cpu.mpidr);
        separator = ",";
    }
    if let Some(board) = &inspected.board {
        cores += &format!("; device tree: boot_cpuid_phys {:#x}", board.boot_core);
        for node in &board.core_nodes {
            cores += &format!(", {} {:#x}", node.name, node.mpidr);
        }
    }
    cores
}

fn unpacking(inspected: &Inspected<'_>) -> String {
    if inspected.image.package().is_none() {
        return "nothing to do: everything is loaded to its place".to_owned();
    }
    let unpacking = Unpacking::of(inspected.image);
    let compressed = size(unpacking.compressed);
    let decompressed = match unpacking.decompressed {
        0 => String::new(),
        bytes => format!(", {compressed} decompressed to {}", size(bytes)),
    };
    let (copied, cleared) = (size(unpacking.copied), size(unpacking.cleared));
    format!("{copied} copied{decompressed}, {cleared} cleared")
}

fn signature(inspected: &Inspected<'_>) -> String {
    let payload = inspected.image.payload();
    let signer = match payload.signature == [0; _] {
        true => "none".to_owned(),
        false => format!("by the key {}", KeyId(payload.key_id)),
    };
    match inspected.image.trust_anchor() {
        Some(anchor) => {
            let (keys, version) = (signing::key_ids(anchor.keys(), " or "), anchor.min_version);
            format!("{signer}; the loader requires the key {keys} and version {version} or later")
        }
        None => format!("{signer}; the loader requires none"),
    }
}

/// The numbers of kept and unchecked rules, and all broken ones.
fn checks(inspected: &Inspected<'_>) -> String {
    let (mut passed, mut unchecked, mut wrong) = (0, 0, String::new());
    for (rule, outcome) in &inspected.outcomes {
        match outcome {
            Outcome::Passed(_) => passed += 1,
            Outcome::NotChecked(_) => unchecked += 1,
            Outcome::Warned(_) | Outcome::Refused(_) => {
                let verdict = outcome.verdict();
                wrong += &format!("{} ({verdict}): {}; ", rule.id, outcome.text());
            }
        }
    }
    format!("{wrong}{passed} rules kept, {unchecked} not checked")
}
